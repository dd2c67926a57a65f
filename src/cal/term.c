/* When a term ends: which day is day 1, which days count, whether the last one moves. The same in SQL, for conditions: f_deadline in pack/cond_fn.c;
 * a third time, from the text of the law alone, in tests/tools/terms.py. The three are held against each other. */
#include "cal/cal.h"

struct civil cal_day(const struct cal_term *t, int64_t start_us, int number)
{
    int64_t day = civil_days(civil_of_us(start_us));
    int left = number;
    if (!t->open)
        return civil_from_days(day + number - (t->first ? 1 : 0));
    if (t->first && civil_open(civil_from_days(day)))
        left--;
    while (left > 0)
        left -= civil_open(civil_from_days(++day));
    return civil_from_days(day);
}

int64_t cal_deadline(const struct cal_term *t, int64_t start_us)
{
    if (t->hours != 0)
        return start_us + t->hours * INT64_C(3600) * US_PER_S;
    int64_t last = civil_days(cal_day(t, start_us, t->days));
    while (t->next && !civil_open(civil_from_days(last)))
        last++;
    return civil_end_us(civil_from_days(last));
}
