/* schema.c - the field tables as JSON Schema and as OpenAPI parameters. */
#include "lib/json/write.h"
