/* fuzz_shapes.c - what ingestion reads: its routes' bodies and queries, and the manifest of a backup. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/ingestion/ingestion.h"

FUZZ_ROUTES(ingestion_routes, &ingestion_manifest_shape)
