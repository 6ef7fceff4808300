/* xml.h - the XML that AWS answers, read into a small tree, and the XML it is asked with, written. */
#ifndef TAQUILLA_AWS_XML_H
#define TAQUILLA_AWS_XML_H

#include "lib/base/buf.h"

#define XML_DEPTH_MAX 16
#define XML_NODES_MAX 65536 /* a list of 1000 uploads has some 15,000 */

struct xml {
    str name; /* without a namespace's prefix */
    str text; /* of one without children, as it stands; empty for the others */
    struct xml *first, *next;
};

/* White space before it is passed over. False: no XML, with a document type, or beyond the limits. */
bool xml_read(arena *a, str text, struct xml **root) MUST_CHECK;

const struct xml *xml_child(const struct xml *in, const char *name); /* the first so named; NULL: none, or `in` is NULL */
const struct xml *xml_next(const struct xml *one);                   /* the next with its name; NULL: none */
str xml_child_text(const struct xml *in, const char *name);                /* of that child; no text when there is none */
bool xml_is(const struct xml *in, const char *name, const char *text); /* is that child's text this? */
int64_t xml_int(const struct xml *in, const char *name);             /* 0 when there is none, or no number */

void xml_open(struct buf *b, const char *name);
void xml_close(struct buf *b, const char *name);
void xml_put(struct buf *b, const char *name, str text); /* <name>text</name>, escaped */
void xml_put_int(struct buf *b, const char *name, int64_t n);

#endif
