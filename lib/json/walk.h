/* walk.h - inside lib/json: a walk over JSON text that our own services and stores wrote, from token to token. No byte outside of the
 * text is looked at, whatever is in it; what is no JSON makes the walk broken, and every step after that does nothing. */
#ifndef TAQUILLA_JSON_WALK_H
#define TAQUILLA_JSON_WALK_H

#include "lib/json/reading.h"

struct walk {
    struct reading r;
    const char *at, *end;
    unsigned depth; /* of objects and arrays that were entered */
    bool broken;    /* it is no JSON */
    bool too_deep;  /* and so broken */
    bool complete;  /* a required field that is not there is blamed, and each shape's check is asked */
};

char walk_next(struct walk *w); /* behind white space; NUL at the end */
bool walk_take(struct walk *w, char wanted);
void walk_need(struct walk *w, char wanted); /* another is broken */

/* Into the object or array that begins here; false when it is too deep. The one that entered leaves: depth--. */
bool walk_enter(struct walk *w);
/* Is there another member or entry before `close`? *first is true before the first. */
bool walk_goes_on(struct walk *w, char close, bool *first);

str walk_string(struct walk *w);  /* unescaped, in the arena */
str walk_name(struct walk *w);    /* of a member, with its colon; in the text itself if it can be */
str walk_literal(struct walk *w); /* a number, true, false or null, as it stands in the text; else broken */
void walk_skip(struct walk *w);   /* any value */
bool literal_is_number(str literal);

#endif
