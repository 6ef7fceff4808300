/* model.c - manifests, names, keys and lines: every rule about a backup that needs no disk. */
#include "services/ingestion/model.h"

#include <stdio.h>
#include <string.h>

/* --- manifest --- */

static const struct field table_fields[] = {
    FIELD(struct backup_table, name, "name", .min = 1, .max = 64, .fits = ingestion_is_table_name,
          .fits_what = "small letters and _"),
    FIELD(struct backup_table, rows, "rows", .min = 0),
    FIELD(struct backup_table, bytes, "bytes", .min = 0),
    FIELD(struct backup_table, sha256, "sha256", .min = 64, .max = 64),
};
static const struct shape table_shape = SHAPE(backup_table, table_fields);

static const struct field service_fields[] = {
    FIELD(struct backup_service, name, "name", .min = 1, .max = 64),
    FIELD(struct backup_service, position, "position", .min = 0),
    FIELD(struct backup_service, tables, "tables", .shape = &table_shape, .max = BACKUP_TABLES_MAX),
};
static const struct shape service_shape = SHAPE(backup_service, service_fields);

static const struct field manifest_fields[] = {
    FIELD(struct backup_manifest, version, "version", .min = 1),
    FIELD(struct backup_manifest, made_at, "made_at", .form = TIME_Z_MS),
    FIELD(struct backup_manifest, program, "program", .max = 100),
    FIELD(struct backup_manifest, services, "services", .shape = &service_shape, .max = BACKUP_OWNERS),
};
const struct shape ingestion_manifest_shape = SHAPE(backup_manifest, manifest_fields);

const char *const ingestion_owner_names[BACKUP_OWNERS] = { "reservations", "rooms", "movies" };

const struct backup_service *ingestion_manifest_find(const struct backup_manifest *m, const char *owner)
{
    const struct backup_service *found = NULL;
    for (size_t i = 0; i < m->services.count; i++) {
        const struct backup_service *s = LIST_AT(&m->services, const struct backup_service, i);
        if (str_equal(s->name, str_of(owner)))
            found = s;
    }
    return found;
}

static const fault *tables_check(arena *a, const struct backup_service *s)
{
    const struct backup_table *tables = s->tables.at;
    for (size_t i = 0; i < s->tables.count; i++)
        for (size_t k = 0; k < i; k++)
            if (str_equal(tables[i].name, tables[k].name))
                return fault_new(a, FAULT_INVALID, "backup_damaged", "The manifest lists %.*s of %.*s twice.",
                                 STR_ARG(tables[i].name), STR_ARG(s->name));
    return NULL;
}

const fault *ingestion_manifest_check(arena *a, const struct backup_manifest *m)
{
    if (m->version != BACKUP_VERSION)
        return fault_new(a, FAULT_INVALID, "backup_damaged",
                         "It is of version %lld, and this program reads version %d: a newer one made it.",
                         (long long)m->version, BACKUP_VERSION);
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        const struct backup_service *s = ingestion_manifest_find(m, ingestion_owner_names[i]);
        if (!s)
            return fault_new(a, FAULT_INVALID, "backup_damaged", "The manifest does not list %s.",
                             ingestion_owner_names[i]);
        TRY(tables_check(a, s));
    }
    if (m->services.count != BACKUP_OWNERS)
        return fault_new(a, FAULT_INVALID, "backup_damaged", "The manifest lists a service twice.");
    return NULL;
}

/* --- names --- */

#define PREFIX STR("taquilla-")
#define LEFTOVER STR(".partial")
#define STAMP_LENGTH 15 /* 20261125_070000 */

str ingestion_backup_name(char room[BACKUP_NAME_MAX], instant made_at)
{
    char text[TIME_TEXT_MAX];
    str z = instant_text(text, made_at, TIME_PLAIN); /* 2026-11-25T07:00:00 */
    int length = snprintf(room, BACKUP_NAME_MAX, "taquilla-%.4s%.2s%.2s_%.2s%.2s%.2s", z.at, z.at + 5, z.at + 8, z.at + 11,
                          z.at + 14, z.at + 17);
    return (str){ room, (size_t)length };
}

static bool is_stamp(str stamp)
{
    bool good = stamp.len == STAMP_LENGTH;
    for (size_t i = 0; i < stamp.len && good; i++)
        good = i == 8 ? stamp.at[i] == '_' : stamp.at[i] >= '0' && stamp.at[i] <= '9';
    return good;
}

bool ingestion_is_backup_name(str name)
{
    return str_starts(name, PREFIX) && is_stamp(str_after(name, PREFIX.len));
}

str ingestion_backup_stamp(str name)
{
    return str_after(name, PREFIX.len);
}

instant ingestion_backup_moment(str name)
{
    char text[TIME_TEXT_MAX];
    instant moment;
    str stamp = ingestion_backup_stamp(name);
    if (!ingestion_is_backup_name(name))
        return INSTANT_NONE;
    int length = snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", stamp.at, stamp.at + 4, stamp.at + 6, stamp.at + 9,
                          stamp.at + 11, stamp.at + 13);
    return instant_read((str){ text, (size_t)length }, &moment) ? moment : INSTANT_NONE;
}

bool ingestion_is_leftover_name(str name)
{
    return str_ends(name, LEFTOVER) && ingestion_is_backup_name((str){ name.at, name.len - LEFTOVER.len });
}

bool ingestion_is_table_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] != '_' && (name.at[i] < 'a' || name.at[i] > 'z'))
            return false;
    return name.len > 0 && name.len <= 64;
}

/* --- keys in S3 --- */

#define MANIFESTS STR("/manifests/")
#define MANIFEST_END STR("_manifest.json")

const char *ingestion_source_of(str owner)
{
    if (str_equal(owner, STR("movies")))
        return "mongodb";
    return str_equal(owner, STR("rooms")) ? "mysql" : "postgresql";
}

str ingestion_table_key(arena *a, const char *folder, str owner, str table, str stamp)
{
    return arena_printf(a, "%s/%s/%.*s/%.*s_%.*s.json", folder, ingestion_source_of(owner), STR_ARG(table), STR_ARG(stamp),
                        STR_ARG(table));
}

str ingestion_manifest_key(arena *a, const char *folder, str stamp)
{
    return arena_printf(a, "%s/manifests/%.*s_manifest.json", folder, STR_ARG(stamp));
}

str ingestion_manifest_stamp(str key)
{
    size_t tail = MANIFESTS.len + STAMP_LENGTH + MANIFEST_END.len;
    if (key.len < tail || !str_ends(key, MANIFEST_END) || !str_starts(str_after(key, key.len - tail), MANIFESTS))
        return (str){ NULL, 0 };
    str stamp = { key.at + key.len - MANIFEST_END.len - STAMP_LENGTH, STAMP_LENGTH };
    return is_stamp(stamp) ? stamp : (str){ NULL, 0 };
}

/* --- lines of an export --- */

/* Takes `literal` off the front. */
static bool skip(str *rest, str literal)
{
    if (!str_starts(*rest, literal))
        return false;
    *rest = str_after(*rest, literal.len);
    return true;
}

static bool number_cut(str *rest, char end, int64_t *out)
{
    str digits;
    return str_cut(rest, end, &digits) && rest->at && str_to_int(digits, out) && *out >= 0;
}

static bool row_read(str rest, struct export_line *out)
{
    if (!skip(&rest, STR("{\"table\":\"")) || !str_cut(&rest, '"', &out->table) || !rest.at ||
        !ingestion_is_table_name(out->table) || !skip(&rest, STR(",\"row\":")))
        return false;
    if (rest.len < 3 || rest.at[0] != '{' || rest.at[rest.len - 1] != '}' || rest.at[rest.len - 2] != '}')
        return false;
    out->row = (str){ rest.at, rest.len - 1 };
    return true;
}

static bool end_read(str rest, struct export_line *out)
{
    return skip(&rest, STR("{\"end\":true,\"position\":")) && number_cut(&rest, ',', &out->position) &&
           skip(&rest, STR("\"rows\":")) && number_cut(&rest, '}', &out->rows) && rest.len == 0;
}

/* By its bytes: the same facts always make the same, and a parser's memory would be many times a row's. */
enum export_line_kind ingestion_line_read(str line, struct export_line *out)
{
    *out = (struct export_line){ 0 };
    if (row_read(line, out))
        return EXPORT_ROW;
    return end_read(line, out) ? EXPORT_END : EXPORT_STRANGE;
}
