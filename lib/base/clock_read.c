/* clock_read.c - times as clients write them: strict, since a date that is read wrongly sells the
 * wrong seat. */
#include "lib/base/calendar.h"
#include "lib/base/clock.h"

/* Takes `digits` decimal digits off the front. */
static bool take_number(str *rest, size_t digits, int64_t *out)
{
    if (rest->len < digits)
        return false;
    int64_t n = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = rest->at[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        n = n * 10 + digit;
    }
    *rest = str_after(*rest, digits);
    *out = n;
    return true;
}

static bool take_char(str *rest, char c)
{
    if (rest->len == 0 || rest->at[0] != c)
        return false;
    *rest = str_after(*rest, 1);
    return true;
}

/* YYYY-MM-DD */
static bool take_date(str *rest, int64_t *days)
{
    struct date date;
    if (!take_number(rest, 4, &date.year) || !take_char(rest, '-') ||
        !take_number(rest, 2, &date.month) || !take_char(rest, '-') ||
        !take_number(rest, 2, &date.day) || !date_exists(date))
        return false;
    *days = days_of_date(date);
    return true;
}

/* HH:MM, and :SS when it follows */
static bool take_time(str *rest, int64_t *second_of_day)
{
    int64_t hour, minute, second = 0;
    if (!take_number(rest, 2, &hour) || !take_char(rest, ':') || !take_number(rest, 2, &minute))
        return false;
    if (take_char(rest, ':') && !take_number(rest, 2, &second))
        return false;
    *second_of_day = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

/* .5, .250, .123456789: what lies below the millisecond is cut off. */
static bool take_fraction(str *rest, int64_t *ms)
{
    *ms = 0;
    if (!take_char(rest, '.'))
        return true;
    int64_t digit, worth = 100;
    size_t digits = 0;
    while (digits < 9 && take_number(rest, 1, &digit)) {
        *ms += digit * worth;
        worth /= 10;
        digits++;
    }
    return digits > 0;
}

/* Z, +HH:MM, -HHMM, or nothing */
static bool take_zone(str *rest, int64_t *offset_s)
{
    *offset_s = 0;
    if (rest->len == 0 || take_char(rest, 'Z'))
        return true;
    int64_t sign = take_char(rest, '+') ? 1 : take_char(rest, '-') ? -1 : 0;
    int64_t hours, minutes;
    if (sign == 0 || !take_number(rest, 2, &hours))
        return false;
    take_char(rest, ':');
    if (!take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool day_read(str text, day *out)
{
    int64_t days;
    if (!take_date(&text, &days) || text.len)
        return false;
    out->days = days;
    return true;
}

bool instant_read(str text, instant *out)
{
    int64_t days, second = 0, ms = 0, offset = 0;
    if (!take_date(&text, &days))
        return false;
    if (text.len) {
        if (!take_char(&text, 'T') && !take_char(&text, ' '))
            return false;
        if (!take_time(&text, &second) || !take_fraction(&text, &ms) ||
            !take_zone(&text, &offset) || text.len)
            return false;
    }
    int64_t utc_s = days * DAY_S + second - offset;
    if (utc_s < FIRST_SECOND || utc_s > LAST_SECOND)
        return false;
    out->ms = utc_s * 1000 + ms;
    return true;
}

bool wall_read(str text, wall *out, bool *zoned)
{
    int64_t days, second, ms, offset;
    *zoned = false;
    if (!take_date(&text, &days) || (!take_char(&text, 'T') && !take_char(&text, ' ')) ||
        !take_time(&text, &second))
        return false;
    if (text.len) {
        *zoned =
            take_fraction(&text, &ms) && text.len && take_zone(&text, &offset) && text.len == 0;
        return false;
    }
    out->s = days * DAY_S + second;
    return true;
}
