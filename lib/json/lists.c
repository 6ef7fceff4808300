/* lists.c - lists of numbers and of texts, out of JSON arrays or out of commas. */
#include "lib/json/reading.h"

void ids_from_json(struct reading *r, const struct place *at, const struct field *f, json_t *array,
                   ids *member)
{
    size_t count = json_array_size(array);
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        if (!int_of_json(json_array_get(array, i), &member->at[i])) {
            reading_blame_type(r, at, f);
            return;
        }
    }
    member->count = count;
}

static void texts_add(struct reading *r, const struct place *at, const struct field *f, str text,
                      strs *member)
{
    if (f->trim && !r->restoring)
        text = str_trim(text);
    if (f->blank_refused && !r->restoring && str_blank(text))
        reading_blame(r, at, "required", "must have no blank entry");
    else if (f->entry_max && !r->restoring && (int64_t)str_code_points(text) > f->entry_max)
        reading_blame(r, at, "max", "must have no entry longer than %lld characters", (long long)f->entry_max);
    else
        member->at[member->count++] = text;
}

void texts_from_json(struct reading *r, const struct place *at, const struct field *f,
                     json_t *array, strs *member)
{
    size_t count = json_array_size(array), before = r->blamed;
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, str, count);
    for (size_t i = 0; i < count && r->blamed == before; i++) {
        json_t *one = json_array_get(array, i);
        str text = { json_string_value(one), json_string_length(one) };
        if (json_is_string(one))
            texts_add(r, at, f, arena_copy(r->a, text), member);
        else
            reading_blame_type(r, at, f);
    }
}

void texts_from_one(struct reading *r, const struct place *at, const struct field *f, str text,
                    strs *member)
{
    size_t count = str_blank(text) ? 0 : 1;
    member->at = NEW_ARRAY(r->a, str, 1);
    if (limits_allow_count(r, at, f, count) && count)
        texts_add(r, at, f, arena_copy(r->a, text), member);
}

static size_t pieces(str text)
{
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == ',';
    return count;
}

void ids_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                   ids *member)
{
    size_t count = pieces(text);
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, int64_t, count);
    str piece;
    for (; member->count < count && str_cut(&text, ',', &piece); member->count++) {
        if (!str_to_int(str_trim(piece), &member->at[member->count])) {
            member->count = 0;
            reading_blame_type(r, at, f);
            return;
        }
    }
}

void texts_from_text(struct reading *r, const struct place *at, const struct field *f, str text,
                     strs *member)
{
    size_t count = pieces(text), before = r->blamed;
    if (!limits_allow_count(r, at, f, count))
        return;
    member->at = NEW_ARRAY(r->a, str, count);
    str piece;
    while (member->count < count && r->blamed == before && str_cut(&text, ',', &piece))
        texts_add(r, at, f, str_trim(piece), member);
}
