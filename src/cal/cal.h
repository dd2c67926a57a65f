/* cal: on which days something recurs (RFC 5545 RRULE), and when a term that began ends, in civil dates. Knows base only.
 *
 *   cal.c   recurrences (libical is included here alone)     term.c   the last moment of a term
 *
 * A rule is read from its phase: the first day of a fiscal year, for rules by the week the Monday of its week. A rule that names only a month
 * means its first day, one that names no month begins with the fiscal year and counts its INTERVAL from there. Times of day, zones and the
 * bounds COUNT and UNTIL are no part of it: what a regulation asks for does not end by itself. */
#ifndef CAL_CAL_H
#define CAL_CAL_H
#include "base/base.h"

enum cal_why { CAL_OK, CAL_RULE /* not a rule that we know */, CAL_ENDS /* COUNT, UNTIL */, CAL_NEVER /* there is no such day */ };
enum cal_freq { CAL_DAILY, CAL_WEEKLY, CAL_MONTHLY, CAL_YEARLY };

enum cal_why cal_check(const char *rrule);
enum cal_freq cal_freq(const char *rrule);                 /* of a rule that cal_check lets pass */
bool cal_has(const char *rrule, const char *part);         /* "BYMONTH" */
/* Where the rule is read from, for somebody who begins with it on `on`: fiscal years start in month 1..12. */
struct civil cal_phase(const char *rrule, struct civil on, int fiscal_start);
/* Days of the rule in [from, to], in order. At most max (the last ones when there are more). RC of a rule that cal_check refuses: ERR_BUG. */
MUST enum rc cal_days(const char *rrule, struct civil phase, struct civil from, struct civil to, struct civil *ret, size_t max, size_t *ret_n, struct err *e);
/* The first day after `after`; false when there is none within 30 years. */
MUST enum rc cal_next(const char *rrule, struct civil phase, struct civil after, struct civil *ret, bool *ret_found, struct err *e);

/* How a term is counted from its start (an instant). By hours it is exact; by days it lasts until the end of its last day in Tokyo. */
struct cal_term {
    int days, hours;          /* one of them is 0 */
    bool first;               /* the day of the start is day 1; else the day after it */
    bool open;                /* only open days are counted (civil_open) */
    bool next;                /* a last day that is closed moves to the next open one */
};
/* The first moment that is too late. */
int64_t cal_deadline(const struct cal_term *t, int64_t start_us);
/* The day with that number in the count, not moved: the end of the term before `next`, or a day on which to warn. */
struct civil cal_day(const struct cal_term *t, int64_t start_us, int number);
#endif
