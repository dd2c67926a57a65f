/* Civil dates, wareki, fiscal years, times as text. Day arithmetic after Howard Hinnant's description of the proleptic Gregorian
 * calendar in eras of 400 years; eras of Japan by the dates of their promulgation. */
#include <string.h>
#include "base/buf.h"
#include "base/civil.h"
#include "base/clock.h"

#define TOKYO_US (INT64_C(9) * 3600 * US_PER_S)

static int month_days(int y, int m)
{
    static const int n[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : n[m - 1];
}

bool civil_ok(struct civil c)
{
    return c.y >= 1868 && c.y <= 2999 && c.m >= 1 && c.m <= 12 && c.d >= 1 && c.d <= month_days(c.y, c.m);
}

int64_t civil_days(struct civil c)
{
    int64_t y = c.m <= 2 ? c.y - 1 : c.y, era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (c.m + (c.m > 2 ? -3 : 9)) + 2) / 5 + c.d - 1, doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

struct civil civil_from_days(int64_t z)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, m = mp < 10 ? mp + 3 : mp - 9;
    return (struct civil){(int)(yoe + era * 400 + (m <= 2)), (int)m, (int)(doy - (153 * mp + 2) / 5 + 1)};
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

struct civil civil_of_us(int64_t us) { return civil_from_days(floor_div(us + TOKYO_US, US_PER_DAY)); }

int64_t civil_to_us(struct civil c, int hour, int minute)
{
    return civil_days(c) * US_PER_DAY + ((int64_t)hour * 60 + minute) * 60 * US_PER_S - TOKYO_US;
}

int64_t civil_end_us(struct civil c) { return civil_to_us(civil_from_days(civil_days(c) + 1), 0, 0); }

static void digits(char *p, int n, int v)
{
    for (int i = n - 1; i >= 0; i--, v /= 10)
        p[i] = (char)('0' + v % 10);
}

void civil_text(struct civil c, char t[CIVIL_TEXT_N])
{
    digits(t, 4, c.y);
    digits(t + 5, 2, c.m);
    digits(t + 8, 2, c.d);
    t[4] = t[7] = '-';
    t[10] = '\0';
}

static bool number(struct str s, size_t at, size_t n, int *ret)
{
    int v = 0;
    if (at + n > s.n)
        return false;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = v;
    return true;
}

bool civil_read(struct str s, struct civil *ret)
{
    struct civil c;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !number(s, 0, 4, &c.y) || !number(s, 5, 2, &c.m) || !number(s, 8, 2, &c.d) || !civil_ok(c))
        return false;
    *ret = c;
    return true;
}

/* ---- wareki ---- */

struct era { const char *name, *letter; struct civil from; };
static const struct era eras[] = {          /* newest first */
    {"令和", "R", {2019, 5, 1}}, {"平成", "H", {1989, 1, 8}}, {"昭和", "S", {1926, 12, 25}}, {"大正", "T", {1912, 7, 30}}, {"明治", "M", {1868, 1, 25}},
};

char *civil_wareki(TALLOC_CTX *mem, struct civil c)
{
    for (size_t i = 0; i < ARRAY_N(eras); i++)
        if (civil_days(c) >= civil_days(eras[i].from)) {
            int y = c.y - eras[i].from.y + 1;
            return y == 1 ? mem_fmt(mem, "%s元年%d月%d日", eras[i].name, c.m, c.d) : mem_fmt(mem, "%s%d年%d月%d日", eras[i].name, y, c.m, c.d);
        }
    return mem_fmt(mem, "%d年%d月%d日", c.y, c.m, c.d);
}

/* Cuts a decimal number of 1..4 digits off. */
static bool take_int(struct str *s, int *ret)
{
    size_t n = 0;
    while (n < s->n && n < 5 && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    if (n == 0 || n > 4 || !number(*s, 0, n, ret))
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

static bool take(struct str *s, const char *w)
{
    if (!str_starts(*s, w))
        return false;
    s->p += strlen(w);
    s->n -= strlen(w);
    return true;
}

static bool take_sep(struct str *s, const char *kanji)
{
    return take(s, kanji) || take(s, "/") || take(s, "-") || take(s, ".");
}

static const struct era *take_era(struct str *s)
{
    for (size_t i = 0; i < ARRAY_N(eras); i++)
        if (take(s, eras[i].name) || take(s, eras[i].letter) || take(s, (const char[]){(char)(eras[i].letter[0] + 32), '\0'}))
            return &eras[i];
    return NULL;
}

static bool within_era(const struct era *era, struct civil c)
{
    return civil_days(c) >= civil_days(era->from) && (era == eras || civil_days(c) < civil_days(era[-1].from));
}

static bool read_loose(struct str *s, struct civil *ret)
{
    struct civil c;
    *s = str_trim(*s);
    const struct era *era = take_era(s);
    if (era != NULL && take(s, "元"))
        c.y = 1;
    else if (!take_int(s, &c.y))
        return false;
    if (era == NULL && s->n > 0 && c.y < 1000)
        return false;
    if (era != NULL)
        c.y += era->from.y - 1;
    if (!take_sep(s, "年") || !take_int(s, &c.m) || !take_sep(s, "月") || !take_int(s, &c.d))
        return false;
    take(s, "日");
    if (!civil_ok(c) || (era != NULL && !within_era(era, c)))
        return false;
    *ret = c;
    return true;
}

/* A weekday in brackets, as Excel writes it, says nothing new. */
static void drop_weekday(struct str *s)
{
    static const char *const days[] = {"(日)", "(月)", "(火)", "(水)", "(木)", "(金)", "(土)"};
    for (size_t i = 0; i < ARRAY_N(days); i++)
        if (take(s, days[i]))
            return;
}

bool civil_read_loose(TALLOC_CTX *mem, struct str in, struct civil *ret)
{
    MEM_SCOPE(tmp, mem);
    struct civil c;
    struct str s = str_of(text_nfkc(tmp, str_dup(tmp, in)));
    if (!read_loose(&s, &c))
        return false;
    drop_weekday(&s);
    if (str_trim(s).n != 0)
        return false;
    *ret = c;
    return true;
}

/* RFC 3339 with its offset: 2026-06-01T09:00:00[.5]+09:00 or Z. */
static bool rfc3339_read(struct str s, int64_t *ret_us)
{
    struct civil c;
    int h, m, sec, off_h = 0, off_m = 0;
    if (s.n < 20 || !civil_read((struct str){s.p, 10}, &c) || (s.p[10] != 'T' && s.p[10] != ' ') || s.p[13] != ':' || s.p[16] != ':' ||
        !number(s, 11, 2, &h) || !number(s, 14, 2, &m) || !number(s, 17, 2, &sec) || h > 23 || m > 59 || sec > 59)
        return false;
    size_t at = 19;
    int64_t us = 0, unit = US_PER_S / 10;
    if (s.p[at] == '.') {
        for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, unit /= 10)
            us += (s.p[at] - '0') * unit;
        if (at == 20)
            return false;
    }
    bool zulu = at + 1 == s.n && s.p[at] == 'Z';
    bool offset = at + 6 == s.n && (s.p[at] == '+' || s.p[at] == '-') && s.p[at + 3] == ':' && number(s, at + 1, 2, &off_h) &&
                  number(s, at + 4, 2, &off_m) && off_h <= 23 && off_m <= 59;
    if (!zulu && !offset)
        return false;
    int64_t minutes = ((int64_t)off_h * 60 + off_m) * (offset && s.p[at] == '-' ? -1 : 1);
    *ret_us = civil_days(c) * US_PER_DAY + (((int64_t)h * 60 + m - minutes) * 60 + sec) * US_PER_S + us;
    return true;
}

bool datetime_read_loose(TALLOC_CTX *mem, struct str in, int64_t *ret_us)
{
    MEM_SCOPE(tmp, mem);
    struct civil c;
    int h, m, sec = 0;
    if (time_read(in, ret_us) || rfc3339_read(str_trim(in), ret_us))
        return true;
    struct str s = str_of(text_nfkc(tmp, str_dup(tmp, in)));
    if (!read_loose(&s, &c))
        return false;
    drop_weekday(&s);
    if (!take(&s, "T"))
        s = str_trim(s);
    if (!take_int(&s, &h) || !(take(&s, ":") || take(&s, "時")) || !take_int(&s, &m))
        return false;
    take(&s, "分");
    if (take(&s, ":") && !take_int(&s, &sec))
        return false;
    if (str_trim(s).n != 0 || h > 23 || m > 59 || sec > 59)
        return false;
    *ret_us = civil_to_us(c, h, m) + (int64_t)sec * US_PER_S;
    return true;
}

int civil_fiscal_year(struct civil c, int start_month) { return c.m >= start_month ? c.y : c.y - 1; }

struct civil civil_add_months(struct civil c, int months)
{
    int64_t n = (int64_t)c.y * 12 + c.m - 1 + months;
    struct civil r = {(int)floor_div(n, 12), (int)(n - floor_div(n, 12) * 12) + 1, c.d};
    int last = month_days(r.y, r.m);
    r.d = r.d > last ? last : r.d;
    return r;
}

int civil_weekday(struct civil c)
{
    int64_t n = civil_days(c) + 4;
    return (int)(n - floor_div(n, 7) * 7);
}

/* ---- times ---- */

char *time_text(TALLOC_CTX *mem, int64_t us)
{
    int64_t day = floor_div(us, US_PER_DAY), in = us - day * US_PER_DAY;
    struct civil c = civil_from_days(day);
    return mem_fmt(mem, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.y, c.m, c.d, (int)(in / (3600 * US_PER_S)), (int)(in / (60 * US_PER_S) % 60),
                   (int)(in / US_PER_S % 60), (int)(in % US_PER_S));
}

bool time_read(struct str s, int64_t *ret_us)
{
    struct civil c;
    int h, m, sec, us;
    if (s.n != 27 || s.p[4] != '-' || s.p[7] != '-' || s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':' || s.p[19] != '.' || s.p[26] != 'Z')
        return false;
    if (!number(s, 0, 4, &c.y) || !number(s, 5, 2, &c.m) || !number(s, 8, 2, &c.d) || !number(s, 11, 2, &h) || !number(s, 14, 2, &m) ||
        !number(s, 17, 2, &sec) || !number(s, 20, 6, &us) || c.m < 1 || c.m > 12 || c.d < 1 || c.d > month_days(c.y, c.m) || h > 23 || m > 59 || sec > 59)
        return false;
    *ret_us = civil_days(c) * US_PER_DAY + ((int64_t)h * 3600 + m * 60 + sec) * US_PER_S + us;
    return true;
}

static void digits_put(char *to, int v, int n)
{
    while (n-- > 0) {
        to[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

char *time_local(TALLOC_CTX *mem, int64_t us)
{
    int64_t t = us + TOKYO_US, day = floor_div(t, US_PER_DAY), in = t - day * US_PER_DAY;
    struct civil c = civil_from_days(day);
    int hour = (int)(in / (3600 * US_PER_S)), minute = (int)(in / (60 * US_PER_S) % 60);
    if (c.y < 0 || c.y > 9999)
        return mem_fmt(mem, "%04d-%02d-%02d %02d:%02d", c.y, c.m, c.d, hour, minute);
    char *s = mem_strdup(mem, "0000-00-00 00:00");                 /* lists show thousands of these: no printf */
    digits_put(s, c.y, 4);
    digits_put(s + 5, c.m, 2);
    digits_put(s + 8, c.d, 2);
    digits_put(s + 11, hour, 2);
    digits_put(s + 14, minute, 2);
    return s;
}
