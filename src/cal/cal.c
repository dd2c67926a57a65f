/* Recurrence by libical. What may stand in a rule is decided here, before libical sees it: it is lenient, and reads parts of other calendars. */
#include <libical/ical.h>
#include <pthread.h>
#include <stdlib.h>
#include "cal/cal.h"

#define STEPS_MAX 200000               /* days of a daily rule in some 500 years */
#define YEARS_SEEN 30                  /* 29 February on a Monday comes every 28 years */
#define RULE_MAX 200

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void never_abort(void) { icalerror_set_errors_are_fatal(false); }

/* ---- the text of a rule ---- */

static bool one_of(const char *names, struct str word)
{
    struct str rest = str_of(names), part;
    while (str_next(&rest, '|', &part))
        if (str_eq(part, word))
            return true;
    return false;
}

static bool part_find(const char *rrule, const char *name, struct str *ret_value)
{
    struct str rest = str_of(rrule), part, key;
    while (str_next(&rest, ';', &part)) {
        *ret_value = part;
        if (str_next(ret_value, '=', &key) && str_is(key, name))
            return true;
    }
    return false;
}

/* "1", "-1,15": whole numbers from 1 to max, with a sign where the end may be counted from. */
static bool numbers_ok(struct str value, int64_t max, bool sign)
{
    struct str one;
    int64_t n;
    while (str_next(&value, ',', &one))
        if (!str_to_i64(one, &n) || n == 0 || n > max || n < (sign ? -max : 1))
            return false;
    return true;
}

/* "MO", "1MO", "-1FR,SA". */
static bool weekdays_ok(struct str value, bool nth)
{
    struct str one;
    int64_t n;
    while (str_next(&value, ',', &one)) {
        if (one.n < 2 || !one_of("MO|TU|WE|TH|FR|SA|SU", (struct str){one.p + one.n - 2, 2}))
            return false;
        one.n -= 2;
        if (one.n > 0 && (!nth || !str_to_i64(one, &n) || n == 0 || n < -53 || n > 53))
            return false;
    }
    return true;
}

static bool part_ok(struct str name, struct str value, bool monthly)
{
    if (value.n == 0)
        return false;
    if (str_is(name, "FREQ"))
        return one_of("YEARLY|MONTHLY|WEEKLY|DAILY", value);
    if (str_is(name, "INTERVAL"))
        return numbers_ok(value, 999, false) && memchr(value.p, ',', value.n) == NULL;
    if (str_is(name, "BYMONTH"))
        return numbers_ok(value, 12, false);
    if (str_is(name, "BYMONTHDAY"))
        return numbers_ok(value, 31, true);
    if (str_is(name, "BYYEARDAY") || str_is(name, "BYSETPOS"))
        return numbers_ok(value, 366, true);
    if (str_is(name, "BYWEEKNO"))
        return numbers_ok(value, 53, true);
    if (str_is(name, "BYDAY"))
        return weekdays_ok(value, monthly);
    return str_is(name, "WKST") && weekdays_ok(value, false) && value.n == 2;
}

static enum cal_why text_check(const char *rrule)
{
    static const char *const names[] = {"FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS", "BYWEEKNO", "BYDAY", "WKST"};
    struct str rest = str_of(rrule), part, value, name, freq;
    unsigned seen = 0;
    if (strlen(rrule) > RULE_MAX || !part_find(rrule, "FREQ", &freq))
        return CAL_RULE;
    if (part_find(rrule, "COUNT", &value) || part_find(rrule, "UNTIL", &value))
        return CAL_ENDS;
    bool nth = str_is(freq, "MONTHLY") || str_is(freq, "YEARLY");
    while (str_next(&rest, ';', &part)) {
        unsigned bit = 0;
        value = part;
        if (!str_next(&value, '=', &name) || value.p == NULL || !part_ok(name, value, nth))
            return CAL_RULE;
        for (size_t i = 0; i < ARRAY_N(names); i++)
            bit |= str_is(name, names[i]) ? 1u << i : 0;
        if (bit == 0 || (seen & bit) != 0)               /* unknown, or said twice */
            return CAL_RULE;
        seen |= bit;
    }
    return CAL_OK;
}

bool cal_has(const char *rrule, const char *part)
{
    struct str value;
    return part_find(rrule, part, &value);
}

enum cal_freq cal_freq(const char *rrule)
{
    struct str v;
    if (!part_find(rrule, "FREQ", &v))
        return CAL_YEARLY;
    return str_is(v, "DAILY") ? CAL_DAILY : str_is(v, "WEEKLY") ? CAL_WEEKLY : str_is(v, "MONTHLY") ? CAL_MONTHLY : CAL_YEARLY;
}

struct civil cal_phase(const char *rrule, struct civil on, int fiscal_start)
{
    struct civil begin = {civil_fiscal_year(on, fiscal_start), fiscal_start, 1};
    if (cal_freq(rrule) == CAL_WEEKLY)
        return civil_from_days(civil_days(begin) - (civil_weekday(begin) + 6) % 7);
    return begin;
}

/* ---- days ---- */

struct walk { icalrecur_iterator *it; struct civil at; int steps; };

static struct icaltimetype day_in(struct civil c)
{
    return (struct icaltimetype){.year = c.y, .month = c.m, .day = c.d, .is_date = 1};      /* a "null date" of libical is at -1 o'clock */
}

static bool walk_begin(struct walk *w, const char *rrule, struct civil phase)
{
    pthread_once(&once, never_abort);
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(rrule);
    *w = (struct walk){0};
    if (rule.freq != ICAL_NO_RECURRENCE)
        w->it = icalrecur_iterator_new(rule, day_in(phase));
    free(rule.rscale);
    return w->it != NULL;
}

static bool walk_next(struct walk *w)
{
    if (w->steps >= STEPS_MAX)
        return false;
    w->steps++;
    struct icaltimetype t = icalrecur_iterator_next(w->it);
    w->at = (struct civil){t.year, t.month, t.day};
    return !icaltime_is_null_time(t) && civil_ok(w->at);
}

enum rc cal_days(const char *rrule, struct civil phase, struct civil from, struct civil to, struct civil *ret, size_t max, size_t *ret_n, struct err *e)
{
    struct walk w;
    *ret_n = 0;
    if (text_check(rrule) != CAL_OK || !walk_begin(&w, rrule, phase))
        return err_set(e, ERR_BUG, "recurrence %s", rrule);
    while (max > 0 && walk_next(&w) && civil_days(w.at) <= civil_days(to)) {
        if (civil_days(w.at) < civil_days(from))
            continue;
        if (*ret_n == max)
            memmove(ret, ret + 1, --*ret_n * sizeof *ret);
        ret[(*ret_n)++] = w.at;
    }
    icalrecur_iterator_free(w.it);
    return RC_OK;
}

enum rc cal_next(const char *rrule, struct civil phase, struct civil after, struct civil *ret, bool *ret_found, struct err *e)
{
    struct walk w;
    int64_t far = civil_days(after) + YEARS_SEEN * 366;
    *ret_found = false;
    if (text_check(rrule) != CAL_OK || !walk_begin(&w, rrule, phase))
        return err_set(e, ERR_BUG, "recurrence %s", rrule);
    while (!*ret_found && walk_next(&w) && civil_days(w.at) <= far)
        if (civil_days(w.at) > civil_days(after)) {
            *ret = w.at;
            *ret_found = true;
        }
    icalrecur_iterator_free(w.it);
    return RC_OK;
}

enum cal_why cal_check(const char *rrule)
{
    static const struct civil some = {2000, 1, 1};
    struct civil next;
    struct walk w;
    bool found;
    enum cal_why why = text_check(rrule);
    if (why != CAL_OK)
        return why;
    struct civil phase = cal_phase(rrule, some, 1);
    if (!walk_begin(&w, rrule, phase))                   /* libical itself sees that there is no 30 February */
        return CAL_NEVER;
    icalrecur_iterator_free(w.it);
    return cal_next(rrule, phase, phase, &next, &found, NULL) == RC_OK && found ? CAL_OK : CAL_NEVER;
}
