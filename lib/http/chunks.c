/* chunks.c - reads the chunked transfer coding. */
#include "lib/http/chunks.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum chunks_at size_continue(struct chunks *c, char byte)
{
    int value = hex_value(byte);
    if (value >= 0) {
        c->left = c->left * 16 + (uint64_t)value;
        c->digits++;
        return c->left < CHUNK_BYTES_MAX ? CHUNKS_SIZE : CHUNKS_BAD;
    }
    if (!c->digits)
        return CHUNKS_BAD;
    return byte == ';' ? CHUNKS_EXTENSION : byte == '\r' ? CHUNKS_SIZE_LF : CHUNKS_BAD;
}

static enum chunks_at extension_continue(char byte)
{
    if (byte == '\r')
        return CHUNKS_SIZE_LF;
    bool control = ((unsigned char)byte < ' ' && byte != '\t') || byte == 0x7F;
    return control ? CHUNKS_BAD : CHUNKS_EXTENSION;
}

static enum chunks_at size_end(struct chunks *c, char byte)
{
    if (byte != '\n')
        return CHUNKS_BAD;
    c->digits = 0;
    return c->left ? CHUNKS_DATA : CHUNKS_TRAILERS;
}

static enum chunks_at frame_continue(struct chunks *c, char byte)
{
    switch (c->at) {
    case CHUNKS_SIZE:
        return size_continue(c, byte);
    case CHUNKS_EXTENSION:
        return extension_continue(byte);
    case CHUNKS_SIZE_LF:
        return size_end(c, byte);
    case CHUNKS_DATA_CR:
        return byte == '\r' ? CHUNKS_DATA_LF : CHUNKS_BAD;
    case CHUNKS_DATA_LF:
        return byte == '\n' ? CHUNKS_SIZE : CHUNKS_BAD;
    case CHUNKS_TRAILERS:
        lines_scan(&c->trailers, &byte, 1);
        return c->trailers.bad ? CHUNKS_BAD : c->trailers.ended ? CHUNKS_DONE : CHUNKS_TRAILERS;
    case CHUNKS_DATA:
    case CHUNKS_DONE:
    case CHUNKS_BAD:
        break;
    }
    return c->at;
}

size_t chunks_take(struct chunks *c, const char *bytes, size_t len, str *data)
{
    size_t used = 0;
    *data = (str){ bytes, 0 };
    while (used < len && c->at != CHUNKS_DATA && c->at < CHUNKS_DONE) {
        c->at = frame_continue(c, bytes[used++]);
        c->frame_bytes++;
    }
    if (c->at != CHUNKS_DATA)
        return used;
    data->at = bytes + used;
    data->len = len - used < c->left ? len - used : (size_t)c->left;
    c->left -= data->len;
    if (!c->left)
        c->at = CHUNKS_DATA_CR;
    return used + data->len;
}
