/* embed.c - answers with files that were compiled in. */
#include "lib/http/embed.h"

const struct embedded *embedded_find(const struct embedded *files, str name)
{
    for (; files->name; files++)
        if (str_equal(str_of(files->name), name))
            return files;
    return NULL;
}

/* "gzip" among the encodings, and not refused by q=0. */
static bool gzip_taken(const struct message *request)
{
    str encodings = message_header(request, "Accept-Encoding"), one;
    while (str_cut(&encodings, ',', &one)) {
        str parameters = one, name;
        (void)str_cut(&parameters, ';', &name);
        if (!str_equal_nocase(str_trim(name), STR("gzip")))
            continue;
        parameters = str_trim(parameters);
        return !(str_starts(parameters, STR("q=0")) && !str_starts(parameters, STR("q=0.")));
    }
    return false;
}

const fault *reply_embedded(struct call *c, const struct embedded *file)
{
    bool packed = file->gzip.at && gzip_taken(c->request);
    if (file->gzip.at)
        answer_header(c, "Vary", STR("Accept-Encoding"));
    if (packed)
        answer_header(c, "Content-Encoding", STR("gzip"));
    answer_header(c, "Cache-Control", STR("no-cache"));
    answer_header(c, "X-Content-Type-Options", STR("nosniff"));
    c->etag = packed ? file->gzip_etag : file->etag;
    return reply_raw(c, 200, file->content_type, packed ? file->gzip : file->bytes);
}
