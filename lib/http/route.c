/* route.c - the route tables as a tree of path segments: a request walks it once, whatever the number of routes. */
#include "lib/http/site.h"

struct slot {
    const struct route *route;
    size_t index;
};

struct node {
    str segment;          /* of a static node */
    struct node *statics; /* first child with a fixed segment */
    struct node *sibling;
    struct node *number, *text, *rest; /* children for {id}, {*text}, {**rest} */
    struct slot methods[METHOD_COUNT];
    struct slot any;
    bool terminal; /* a path ends here */
};

/* "/a/b" -> "a", rest "/b". False at the end; one trailing slash is no segment. */
static bool segment_cut(str *path, str *segment)
{
    if (path->len == 0 || (path->len == 1 && path->at[0] == '/'))
        return false;
    size_t start = path->at[0] == '/', end = start;
    while (end < path->len && path->at[end] != '/')
        end++;
    *segment = (str){ path->at + start, end - start };
    *path = (str){ path->at + end, path->len - end };
    return true;
}

static struct node *node_static(arena *a, struct node *parent, str segment)
{
    struct node **at = &parent->statics;
    for (; *at; at = &(*at)->sibling)
        if (str_equal((*at)->segment, segment))
            return *at;
    *at = NEW(a, struct node);
    (*at)->segment = segment;
    return *at;
}

static struct node *node_child(arena *a, struct node *parent, str segment)
{
    struct node **at = str_starts(segment, STR("{**"))  ? &parent->rest
                       : str_starts(segment, STR("{*")) ? &parent->text
                       : str_starts(segment, STR("{"))  ? &parent->number
                                                        : NULL;
    if (!at)
        return node_static(a, parent, segment);
    if (!*at)
        *at = NEW(a, struct node);
    return *at;
}

static void route_plant(struct site_inside *inside, const struct route *r, size_t index)
{
    struct node *n = inside->root;
    str path = str_of(r->path), segment;
    while (segment_cut(&path, &segment))
        n = node_child(inside->arena, n, segment);
    n->terminal = true;
    struct slot *slot = r->any_method ? &n->any : &n->methods[r->method];
    if (!slot->route) /* of two equal routes the first table's counts: a service may replace a common one */
        *slot = (struct slot){ r, index };
}

void route_tree_build(struct site *site)
{
    struct site_inside *inside = site->inside;
    inside->root = NEW(inside->arena, struct node);
    for (size_t t = 0; site->tables[t]; t++)
        for (const struct route *r = site->tables[t]; r->path; r++)
            inside->route_count++;
    site->stats = NEW_ARRAY(inside->arena, struct route_stats, inside->route_count + 1);
    size_t index = 0;
    for (size_t t = 0; site->tables[t]; t++)
        for (const struct route *r = site->tables[t]; r->path; r++) {
            site->stats[index].route = r;
            route_plant(inside, r, index++);
        }
}

/* --- matching --- */

/* The path is used up at `n`: does it take the method? The first resource found decides; behind it only a route
 * for every method (a proxy's) is asked, so that PUT /films/search is not read as PUT /films/{*id}. */
static bool node_answers(const struct node *n, enum method m, struct match *found)
{
    if (!n->terminal)
        return false;
    const struct slot *slot = NULL;
    if (!found->resource && m < METHOD_COUNT) {
        slot = &n->methods[m];
        if (!slot->route && m == HEAD)
            slot = &n->methods[GET];
    }
    if (!found->resource)
        found->resource = n;
    if ((!slot || !slot->route) && m != OPTIONS && m != METHOD_OTHER)
        slot = &n->any;
    if (!slot || !slot->route)
        return false;
    found->route = slot->route;
    found->index = slot->index;
    return true;
}

static bool node_walk(const struct node *n, str path, enum method m, struct match *found);

static bool part_walk(const struct node *n, str part, bool numeric, str rest, enum method m,
                      struct match *found)
{
    if (!n || found->part_count == PATH_PARTS_MAX)
        return false;
    found->parts[found->part_count] = part;
    found->numeric[found->part_count] = numeric;
    found->part_count++;
    if (node_walk(n, rest, m, found))
        return true;
    found->part_count--;
    return false;
}

static bool digits_only(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0;
}

/* Fixed segments before numbers before texts; text where only a number fits comes after them, and is then a bad id (400) rather than an
 * unknown address or somebody else's; the rest comes last. */
static bool node_walk(const struct node *n, str path, enum method m, struct match *found)
{
    str rest = path, segment;
    if (!segment_cut(&rest, &segment))
        return node_answers(n, m, found) || (n->rest && part_walk(n->rest, STR(""), false, STR(""), m, found));
    for (const struct node *child = n->statics; child; child = child->sibling)
        if (child->segment.len == segment.len && str_equal(child->segment, segment)) {
            if (node_walk(child, rest, m, found))
                return true;
            break;
        }
    bool number = digits_only(segment);
    if (number && part_walk(n->number, segment, true, rest, m, found))
        return true;
    if (segment.len > 0 && part_walk(n->text, segment, false, rest, m, found))
        return true;
    if (!number && segment.len > 0 && !found->resource && part_walk(n->number, segment, true, rest, m, found))
        return true;
    str tail = str_after(path, path.at[0] == '/');
    return part_walk(n->rest, tail, false, STR(""), m, found);
}

struct match route_match(const struct site_inside *inside, enum method method, str path)
{
    struct match found = { 0 };
    if (path.len > 0)
        (void)node_walk(inside->root, path, method, &found);
    return found;
}

static void allowed_add(struct buf *out, const char *name)
{
    if (out->len > 0)
        buf_literal(out, ", ");
    buf_text(out, str_of(name));
}

str route_allowed(arena *a, const struct node *resource)
{
    struct buf out = { .in = a };
    for (enum method m = GET; m < OPTIONS; m++) {
        bool here = resource->methods[m].route || resource->any.route ||
                    (m == HEAD && resource->methods[GET].route);
        if (here)
            allowed_add(&out, method_name(m));
    }
    allowed_add(&out, method_name(OPTIONS));
    return buf_str(&out);
}

bool route_resource_internal(const struct node *resource)
{
    if (resource->any.route && resource->any.route->access != ACCESS_INTERNAL)
        return false;
    for (enum method m = GET; m < METHOD_COUNT; m++)
        if (resource->methods[m].route && resource->methods[m].route->access != ACCESS_INTERNAL)
            return false;
    return true;
}

size_t site_route_count(const struct site *site)
{
    return site->inside->route_count;
}
