/* write.h - structs into JSON text, by shape. */
#ifndef TAQUILLA_JSON_WRITE_H
#define TAQUILLA_JSON_WRITE_H

#include "lib/base/buf.h"
#include "lib/json/shape.h"

void json_write(struct buf *out, const struct shape *s, const void *value);
void json_write_list(struct buf *out, const struct shape *row, const list *rows);
/* For json_restore: hidden fields too, and instants to the millisecond whatever their form. */
void json_store(struct buf *out, const struct shape *s, const void *value);
void json_write_text(struct buf *out, str text);    /* quoted and escaped; null when no text */
void json_write_money(struct buf *out, money sum);  /* 12.5, 25: no trailing zeros */

void json_write_number(struct buf *out, double number); /* the shortest text that reads back the same; null when not finite */

/* The JSON Schema (2020-12) of a shape: as it is read (input) or written. Inner shapes by $ref "#/components/schemas/NAME". */
/* NAME is the shape's name, for input with "Input" after it; whoever writes the components walks fields[i].shape. */
void json_write_schema_name(struct buf *out, const struct shape *s, bool input);
void json_write_schema(struct buf *out, const struct shape *s, bool input);
void json_write_more_properties(struct buf *out, const struct shape *s); /* ,"id":{...},... as written */
/* The parameters of a query shape, as an OpenAPI array's members. */
void json_write_query_parameters(struct buf *out, const struct shape *s);

#endif
