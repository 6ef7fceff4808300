/* xml.c - by libexpat. What is read comes from a server: entities of its own (a document type) are refused, all else is bounded. */
#include "lib/aws/xml.h"

#include <expat.h>
#include <string.h>

/* --- reading --- */

struct tree {
    XML_Parser parser;
    arena *a;
    struct xml *root, *last[XML_DEPTH_MAX]; /* the last child at each depth */
    struct xml *open[XML_DEPTH_MAX];
    size_t depth, nodes;
    struct buf text; /* since the last tag */
    bool refused;
};

static void refuse(struct tree *t)
{
    t->refused = true;
    (void)XML_StopParser(t->parser, XML_FALSE);
}

static void XMLCALL begins(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct tree *t = arg;
    (void)attributes;
    if (t->refused)
        return;
    if (t->depth == XML_DEPTH_MAX || t->nodes++ == XML_NODES_MAX) {
        refuse(t);
        return;
    }
    const char *colon = strrchr(name, ':');
    struct xml *made = NEW(t->a, struct xml);
    made->name = arena_copy(t->a, str_of(colon ? colon + 1 : name));
    made->text = STR("");
    if (t->depth == 0)
        t->root = made;
    else if (!t->open[t->depth - 1]->first)
        t->open[t->depth - 1]->first = made;
    else
        t->last[t->depth]->next = made;
    t->last[t->depth] = made;
    t->open[t->depth++] = made;
    t->text.len = 0;
}

static void XMLCALL ends(void *arg, const XML_Char *name)
{
    struct tree *t = arg;
    (void)name;
    if (t->refused)
        return;
    struct xml *closed = t->open[--t->depth];
    if (!closed->first)
        closed->text = arena_copy(t->a, buf_str(&t->text));
    t->text.len = 0;
}

static void XMLCALL says(void *arg, const XML_Char *bytes, int len)
{
    struct tree *t = arg;
    if (!t->refused)
        buf_put(&t->text, bytes, (size_t)len);
}

static void XMLCALL declares(void *arg, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int inner)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)inner;
    refuse(arg);
}

bool xml_read(arena *a, str text, struct xml **root)
{
    struct tree t = { .a = a, .parser = XML_ParserCreate("UTF-8") };
    if (!t.parser)
        return false;
    text = str_trim(text); /* S3 sends spaces while it takes long */
    XML_SetUserData(t.parser, &t);
    XML_SetElementHandler(t.parser, begins, ends);
    XML_SetCharacterDataHandler(t.parser, says);
    XML_SetStartDoctypeDeclHandler(t.parser, declares);
    bool read = text.len <= INT32_MAX && XML_Parse(t.parser, text.at, (int)text.len, XML_TRUE) == XML_STATUS_OK && !t.refused;
    XML_ParserFree(t.parser);
    buf_free(&t.text);
    *root = t.root;
    return read && t.root;
}

/* --- looking --- */

static const struct xml *from_here(const struct xml *one, str name)
{
    while (one && !str_equal(one->name, name))
        one = one->next;
    return one;
}

const struct xml *xml_child(const struct xml *in, const char *name)
{
    return in ? from_here(in->first, str_of(name)) : NULL;
}

const struct xml *xml_next(const struct xml *one)
{
    return from_here(one->next, one->name);
}

str xml_child_text(const struct xml *in, const char *name)
{
    const struct xml *child = xml_child(in, name);
    return child ? child->text : (str){ NULL, 0 };
}

bool xml_is(const struct xml *in, const char *name, const char *text)
{
    const struct xml *child = xml_child(in, name);
    return child && str_equal(child->text, str_of(text));
}

int64_t xml_int(const struct xml *in, const char *name)
{
    int64_t n;
    return str_to_int(str_trim(xml_child_text(in, name)), &n) ? n : 0;
}

/* --- writing --- */

void xml_open(struct buf *b, const char *name)
{
    buf_char(b, '<');
    buf_text(b, str_of(name));
    buf_char(b, '>');
}

void xml_close(struct buf *b, const char *name)
{
    buf_literal(b, "</");
    buf_text(b, str_of(name));
    buf_char(b, '>');
}

void xml_put(struct buf *b, const char *name, str text)
{
    xml_open(b, name);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < 0x20 || c == '&' || c == '<' || c == '>' || c == '"')
            buf_printf(b, "&#%u;", c); /* a reader would make a space of a line's end */
        else
            buf_char(b, (char)c);
    }
    xml_close(b, name);
}

void xml_put_int(struct buf *b, const char *name, int64_t n)
{
    xml_open(b, name);
    buf_int(b, n);
    xml_close(b, name);
}
