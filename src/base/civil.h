/* Civil dates (proleptic Gregorian), wareki, fiscal years. The organisation's zone is Asia/Tokyo
 * (UTC+9, no DST), applied at the edge only. Dates are stored as YYYY-MM-DD. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H
#include "mem.h"
#include "str.h"
#define CIVIL_TEXT_N 11
struct civil { int y, m, d; };
bool civil_ok(struct civil c);
int64_t civil_days(struct civil c);                   /* days since 1970-01-01 */
struct civil civil_from_days(int64_t days);
struct civil civil_of_us(int64_t utc_us);             /* the date in Asia/Tokyo */
int64_t civil_to_us(struct civil c, int hour, int minute);   /* Tokyo wall time -> UTC us */
int64_t civil_end_us(struct civil c);                        /* the first moment after that day in Tokyo */
void civil_text(struct civil c, char ret_text[CIVIL_TEXT_N]);       /* 2026-06-01 */
bool civil_read(struct str s, struct civil *ret_date);              /* strictly YYYY-MM-DD */
/* What people type and Excel exports: 2026/6/1, 2026年6月1日, 令和8年6月1日, R8.6.1, full width.
 * Refuses an era that had ended or not begun on that day. */
bool civil_read_loose(TALLOC_CTX *mem, struct str s, struct civil *ret_date);
bool datetime_read_loose(TALLOC_CTX *mem, struct str s, int64_t *ret_us);  /* date [T ]HH:MM[:SS] (Tokyo), or RFC 3339 */
char *civil_wareki(TALLOC_CTX *mem, struct civil c);                /* 令和8年6月1日 */
int civil_fiscal_year(struct civil c, int start_month);             /* 1..12 */
struct civil civil_add_months(struct civil c, int months);          /* clamps to month end */
int civil_weekday(struct civil c);                                  /* 0 = Sunday */
/* RFC 3339 UTC with microseconds: 2026-11-21T02:10:33.123456Z; and its strict reader. */
char *time_text(TALLOC_CTX *mem, int64_t us);
bool time_read(struct str s, int64_t *ret_us);
char *time_local(TALLOC_CTX *mem, int64_t us);                      /* 2026-06-01 09:00 in Tokyo */
/* National holidays of Japan 1948..2099 by law (equinoxes by the usual formula; 2019-2021 special
 * laws included). NULL when none; else the Japanese name, owned by the program. */
const char *civil_holiday(struct civil c);
/* Monday to Friday, no national holiday, and not 29 December to 3 January: the days on which public bodies are not closed (Act on Holidays of
 * Administrative Organs, article 1) and most offices neither. */
bool civil_open(struct civil c);
#endif
