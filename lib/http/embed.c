/* embed.c - answers with files that were compiled in. */
#include "lib/http/embed.h"

#include "lib/http/gzip.h"

const struct embedded *embedded_find(const struct embedded *files, str name)
{
    for (; files->name; files++)
        if (str_equal(str_of(files->name), name))
            return files;
    return NULL;
}

const fault *reply_embedded(struct call *c, const struct embedded *file)
{
    c->packed = file->gzip.at && gzip_accepted(c->request);
    if (file->gzip.at)
        answer_header(c, "Vary", STR("Accept-Encoding"));
    answer_header(c, "Cache-Control", STR("no-cache"));
    answer_header(c, "X-Content-Type-Options", STR("nosniff"));
    return reply_tagged(c, file->content_type, c->packed ? file->gzip : file->bytes, c->packed ? file->gzip_etag : file->etag);
}
