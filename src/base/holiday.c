/* National holidays by 国民の祝日に関する法律 (昭和23年法律第178号) and its amendments, 1948-07-20 to 2099, the special laws of 1959, 1989,
 * 1990, 1993 and 2019, and the moved dates of 2020 and 2021. Equinox days by the usual formula of the observatory's approximations. */
#include "base/civil.h"

static int equinox(int y, double from_1980, double before)
{
    double moved = 0.242194 * (y - 1980);
    return y >= 1980 ? (int)(from_1980 + moved - (y - 1980) / 4) : (int)(before + moved - (y - 1983) / 4);
}

static int spring(int y) { return equinox(y, 20.8431, 20.8357); }
static int autumn(int y) { return equinox(y, 23.2488, 23.2588); }

static bool nth_monday(struct civil c, int n) { return civil_weekday(c) == 1 && (c.d - 1) / 7 + 1 == n; }

static const char *special(struct civil c)
{
    static const struct { int y, m, d; const char *name; } days[] = {
        {1959, 4, 10, "皇太子明仁親王の結婚の儀"}, {1989, 2, 24, "昭和天皇の大喪の礼"}, {1990, 11, 12, "即位礼正殿の儀"},
        {1993, 6, 9, "皇太子徳仁親王の結婚の儀"}, {2019, 5, 1, "休日(祝日扱い)"}, {2019, 10, 22, "休日(祝日扱い)"},
        {2020, 7, 23, "海の日"}, {2020, 7, 24, "スポーツの日"}, {2020, 8, 10, "山の日"},
        {2021, 7, 22, "海の日"}, {2021, 7, 23, "スポーツの日"}, {2021, 8, 8, "山の日"},
    };
    for (size_t i = 0; i < ARRAY_N(days); i++)
        if (days[i].y == c.y && days[i].m == c.m && days[i].d == c.d)
            return days[i].name;
    return NULL;
}

static const char *winter_spring(struct civil c)
{
    int y = c.y;
    if (c.m == 1 && y >= 1949)
        return c.d == 1 ? "元日" : (y < 2000 ? c.d == 15 : nth_monday(c, 2)) ? "成人の日" : NULL;
    if (c.m == 2)
        return c.d == 11 && y >= 1967 ? "建国記念の日" : c.d == 23 && y >= 2020 ? "天皇誕生日" : NULL;
    if (c.m == 3)
        return c.d == spring(y) && y >= 1949 ? "春分の日" : NULL;
    if (c.m == 4)
        return c.d == 29 && y >= 1949 ? (y < 1989 ? "天皇誕生日" : y < 2007 ? "みどりの日" : "昭和の日") : NULL;
    if (c.m == 5 && y >= 1949)
        return c.d == 3 ? "憲法記念日" : c.d == 4 && y >= 2007 ? "みどりの日" : c.d == 5 ? "こどもの日" : NULL;
    return NULL;
}

static const char *summer_winter(struct civil c)
{
    int y = c.y;
    bool moved = y == 2020 || y == 2021;
    if (c.m == 7)
        return !moved && (y >= 2003 ? nth_monday(c, 3) : y >= 1996 && c.d == 20) ? "海の日" : NULL;
    if (c.m == 8)
        return !moved && y >= 2016 && c.d == 11 ? "山の日" : NULL;
    if (c.m == 9)
        return (y >= 2003 ? nth_monday(c, 3) : y >= 1966 && c.d == 15) ? "敬老の日" : c.d == autumn(y) && y >= 1948 ? "秋分の日" : NULL;
    if (c.m == 10)
        return !moved && (y >= 2000 ? nth_monday(c, 2) : y >= 1966 && c.d == 10) ? (y >= 2020 ? "スポーツの日" : "体育の日") : NULL;
    if (c.m == 11 && y >= 1948)
        return c.d == 3 ? "文化の日" : c.d == 23 ? "勤労感謝の日" : NULL;
    if (c.m == 12)
        return c.d == 23 && y >= 1989 && y <= 2018 ? "天皇誕生日" : NULL;
    return NULL;
}

/* Named holidays alone; substitute and between days look at these. */
static const char *named(struct civil c)
{
    const char *s = special(c);
    if (s != NULL)
        return s;
    return c.m <= 5 ? winter_spring(c) : summer_winter(c);
}

static struct civil shift(struct civil c, int days) { return civil_from_days(civil_days(c) + days); }

/* Article 3(2): until 2006 the Monday after a holiday on a Sunday; since 2007 the next day that is no holiday. */
static bool substitute(struct civil c)
{
    if (civil_days(c) < civil_days((struct civil){1973, 4, 12}))
        return false;
    if (c.y < 2007)
        return civil_weekday(c) == 1 && named(shift(c, -1)) != NULL;
    for (int back = 1; back <= 7; back++) {
        struct civil d = shift(c, -back);
        if (named(d) == NULL)
            return false;
        if (civil_weekday(d) == 0)
            return true;
    }
    return false;
}

const char *civil_holiday(struct civil c)
{
    if (c.y > 2099 || civil_days(c) < civil_days((struct civil){1948, 7, 20}))
        return NULL;
    const char *n = named(c);
    if (n != NULL)
        return n;
    if (substitute(c))
        return "振替休日";
    bool between = civil_days(c) >= civil_days((struct civil){1985, 12, 27}) && named(shift(c, -1)) != NULL && named(shift(c, 1)) != NULL;
    return between && civil_weekday(c) != 0 ? "国民の休日" : NULL;
}

bool civil_open(struct civil c)
{
    int w = civil_weekday(c);
    bool turn = (c.m == 12 && c.d >= 29) || (c.m == 1 && c.d <= 3);
    return w >= 1 && w <= 5 && !turn && civil_holiday(c) == NULL;
}
