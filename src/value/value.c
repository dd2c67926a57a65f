/* One value: what people type -> canonical text or a trouble; canonical text -> what people read. */
#include <stdlib.h>
#include "value/value.h"

#define TEXT_MAX 200
#define LONGTEXT_MAX 10000

struct one { TALLOC_CTX *mem; const struct value_ctx *ctx; const struct field *f; const char *path, *typed, *text; struct trouble_vec *troubles; };

static bool refuse(struct one *o, const char *code, const char *key, const char *arg)
{
    const char *label = pick_lang(o->ctx->lang, o->f->label, o->f->label_en);
    *vec_push(o->troubles) = (struct trouble){.path = o->path, .code = code, .text = msg_fill(o->mem, o->ctx->lang, key, label ? label : o->path, arg, NULL)};
    return false;
}

bool value_is_ref(const struct field *f) { return f->type == FT_REF || f->type == FT_PERSON || f->type == FT_DEPARTMENT; }

/* ---- texts ---- */

static bool controls_ok(const char *s, bool lines)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < 0x20 && !(lines && *s == '\n')) || *s == 0x7f)
            return false;
    return true;
}

static char *lines_of(TALLOC_CTX *mem, const char *s)
{
    char *out = mem_strdup(mem, s), *q = out;
    for (; *s != '\0'; s++)
        if (!(*s == '\r' && s[1] == '\n'))
            *q++ = *s == '\r' ? '\n' : *s == '\t' ? ' ' : *s;
    *q = '\0';
    return out;
}

static bool char_in(char c, const char *set) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr(set, c) != NULL; }

static bool chars_in(const char *s, const char *set)
{
    for (; *s != '\0'; s++)
        if (!char_in(*s, set))
            return false;
    return true;
}

static bool hex_groups(const char *s, int groups, char sep)
{
    for (int g = 0; g < groups; g++, s += 3)
        for (int k = 0; k < 3; k++) {
            bool hex = (s[k] >= '0' && s[k] <= '9') || (s[k] >= 'a' && s[k] <= 'f') || (s[k] >= 'A' && s[k] <= 'F');
            if (k < 2 ? !hex : s[k] != (g + 1 == groups ? '\0' : sep))
                return false;
        }
    return true;
}

static bool ipv4_ok(const char *s)
{
    struct str rest = str_of(s), part;
    int n = 0;
    int64_t v;
    while (str_next(&rest, '.', &part)) {
        if (part.n == 0 || part.n > 3 || !str_to_i64(part, &v) || v < 0 || v > 255)
            return false;
        n++;
    }
    return n == 4;
}

static bool email_ok(const char *s)
{
    const char *at = strchr(s, '@');
    return at != NULL && at > s && strchr(at + 1, '@') == NULL && strchr(at + 1, '.') != NULL && at[1] != '.' && s[strlen(s) - 1] != '.' && chars_in(s, "@._%+-");
}

static bool pattern_ok(const char *pattern, const char *s)
{
    if (strcmp(pattern, "mac") == 0)
        return hex_groups(s, 6, ':') || hex_groups(s, 6, '-');
    if (strcmp(pattern, "ip") == 0)
        return ipv4_ok(s) || (strchr(s, ':') != NULL && chars_in(s, ":") && strlen(s) <= 39);
    if (strcmp(pattern, "email") == 0)
        return email_ok(s);
    if (strcmp(pattern, "tel") == 0)
        return chars_in(s, "+-()") && strlen(s) >= 6;
    if (strcmp(pattern, "postal") == 0)
        return strlen(s) == 8 && s[3] == '-' && chars_in(s, "-");
    if (strcmp(pattern, "url_https") == 0)
        return strncmp(s, "https://", 8) == 0 && strlen(s) > 10 && strpbrk(s, " \"<>\\^`{|}") == NULL;
    return chars_in(s, "._-");                              /* code */
}

static bool read_text(struct one *o, bool lines)
{
    char *s = text_nfc(o->mem, lines ? lines_of(o->mem, o->typed) : o->typed);
    int64_t most = o->f->has_max ? o->f->max : lines ? LONGTEXT_MAX : TEXT_MAX, n;
    s = str_dup(o->mem, str_trim(str_of(s)));
    if (!controls_ok(s, lines))
        return refuse(o, "type", MSG("value.control"), NULL);
    if (o->f->pattern != NULL) {
        s = text_nfkc(o->mem, s);
        if (!pattern_ok(o->f->pattern, s))
            return refuse(o, "pattern", MSG("value.pattern"), o->f->pattern);
    }
    n = (int64_t)utf8_len(s);
    if (n > most || (o->f->has_min && n < o->f->min))
        return refuse(o, "length", MSG("value.length"), mem_fmt(o->mem, "%lld", (long long)(n > most ? most : o->f->min)));
    o->text = s;
    return true;
}

/* ---- numbers ---- */

static char *digits_of(TALLOC_CTX *mem, const char *typed)
{
    char *s = text_nfkc(mem, typed), *q = s;
    for (const char *p = s; *p != '\0'; p++)
        if (*p != ',' && *p != ' ')
            *q++ = *p;
    *q = '\0';
    if (q - s > 3 && strcmp(q - 3, "円") == 0)
        q[-3] = '\0';
    return *s == '\\' ? s + 1 : strncmp(s, "¥", 2) == 0 ? s + 2 : *s == '+' ? s + 1 : s;
}

static bool in_range(struct one *o, double v)
{
    if ((o->f->has_min && v < (double)o->f->min) || (o->f->has_max && v > (double)o->f->max))
        return refuse(o, "range", MSG("value.range"), mem_fmt(o->mem, "%lld〜%lld", o->f->has_min ? (long long)o->f->min : 0LL, (long long)o->f->max));
    return true;
}

static bool read_int(struct one *o)
{
    int64_t v;
    if (!str_to_i64(str_of(digits_of(o->mem, o->typed)), &v))
        return refuse(o, "type", MSG("value.int"), NULL);
    if (o->f->type == FT_MONTH && (v < 1 || v > 12))
        return refuse(o, "range", MSG("value.month"), NULL);
    o->text = mem_fmt(o->mem, "%lld", (long long)v);
    return in_range(o, (double)v);
}

static bool read_number(struct one *o)
{
    char *s = digits_of(o->mem, o->typed);
    size_t n = strlen(s), dots = 0, i = s[0] == '-';
    for (size_t k = i; k < n; k++) {
        dots += s[k] == '.';
        if (!((s[k] >= '0' && s[k] <= '9') || s[k] == '.'))
            return refuse(o, "type", MSG("value.number"), NULL);
    }
    if (n == i || dots > 1 || n > 20 || s[i] == '.' || s[n - 1] == '.')
        return refuse(o, "type", MSG("value.number"), NULL);
    while (dots > 0 && n > 1 && s[n - 1] == '0')            /* 1.50 and 1.5 are one number: one text */
        s[--n] = '\0';
    if (s[n - 1] == '.')
        s[--n] = '\0';
    while (s[i] == '0' && s[i + 1] >= '0' && s[i + 1] <= '9')
        memmove(s + i, s + i + 1, strlen(s + i));
    o->text = s;
    return in_range(o, strtod(s, NULL));
}

static bool word_in(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s, words[i]) == 0)
            return true;
    return false;
}

static bool read_bool(struct one *o)
{
    static const char *const yes[] = {"1", "true", "yes", "on", "はい", "○", "◯", "〇", "有", "あり", "済", "レ", "✓", "y"};
    static const char *const no[] = {"0", "false", "no", "off", "いいえ", "×", "無", "なし", "未", "-", "n"};
    const char *s = str_dup(o->mem, str_trim(str_of(o->typed)));
    bool is = word_in(s, yes, ARRAY_N(yes)) || strcmp(s, "✔") == 0;
    if (!is && !word_in(s, no, ARRAY_N(no)))
        return refuse(o, "type", MSG("value.bool"), NULL);
    o->text = is ? "1" : "0";
    return true;
}

/* ---- dates ---- */

static bool read_date(struct one *o)
{
    struct civil c;
    char *t = mem_alloc(o->mem, 1, CIVIL_TEXT_N, "char");
    if (!civil_read_loose(o->mem, str_of(o->typed), &c))
        return refuse(o, "type", MSG("value.date"), NULL);
    civil_text(c, t);
    o->text = t;
    return true;
}

static bool read_datetime(struct one *o)
{
    int64_t us;
    struct civil c;
    if (str_to_i64(str_of(o->typed), &us) && us > INT64_C(1000000000000)) {
        o->text = mem_fmt(o->mem, "%lld", (long long)us);          /* canonical already */
        return true;
    }
    if (!datetime_read_loose(o->mem, str_of(o->typed), &us)) {
        if (!civil_read_loose(o->mem, str_of(o->typed), &c))
            return refuse(o, "type", MSG("value.datetime"), NULL);
        us = civil_to_us(c, 0, 0);
    }
    o->text = mem_fmt(o->mem, "%lld", (long long)us);
    return true;
}

#define PERIOD_MAX 999999        /* of any unit; what pack_figure compares */
/* One unit: P3Y, 3年; with hours asked for also PT30M, 30分. */
static bool read_duration(struct one *o)
{
    const char *s = digits_of(o->mem, o->typed);
    static const struct { const char *word, *unit; bool time; } units[] = {{"年", "Y", false}, {"か月", "M", false}, {"ヶ月", "M", false}, {"ヵ月", "M", false},
        {"カ月", "M", false}, {"日", "D", false}, {"週", "W", false}, {"時間", "H", true}, {"分", "M", true}};
    bool time = strncmp(s, "PT", 2) == 0, iso = s[0] == 'P';
    struct str part = str_of(s + (time ? 2 : iso));
    for (size_t i = 0; i < ARRAY_N(units); i++) {
        const char *word = iso ? units[i].unit : units[i].word;
        size_t n = strlen(word);
        int64_t v;
        if ((iso && time != units[i].time) || (units[i].time && !o->ctx->hours) || part.n <= n || strcmp(part.p + part.n - n, word) != 0)
            continue;
        if (!str_to_i64((struct str){part.p, part.n - n}, &v) || v < 0 || v > PERIOD_MAX)
            continue;
        o->text = mem_fmt(o->mem, "P%s%lld%s", units[i].time ? "T" : "", (long long)v, units[i].unit);
        return true;
    }
    return refuse(o, "type", o->ctx->hours ? MSG("value.duration-time") : MSG("value.duration"), NULL);
}

/* ---- choices and references ---- */

static bool is_label(TALLOC_CTX *mem, const char *label, const char *folded)
{
    return label != NULL && strcmp(text_fold(mem, label), folded) == 0;
}

/* All ids before any label: the option "yes" may read "No" (hit by the same disaster?), and what a page sends is the id. */
static bool read_choice(struct one *o)
{
    MEM_SCOPE(tmp, o->mem);
    const struct choice_set *cs = o->f->of;
    const char *want = str_dup(tmp, str_trim(str_of(o->typed))), *folded = text_fold(tmp, want);
    for (int labels = 0; labels < 2; labels++)
        for (size_t i = 0; cs != NULL && i < cs->n; i++)
            if (labels ? is_label(tmp, cs->opt[i].label, folded) || is_label(tmp, cs->opt[i].label_en, folded) : strcmp(cs->opt[i].id, want) == 0) {
                o->text = cs->opt[i].id;
                return true;
            }
    return refuse(o, "option", MSG("value.option"), mem_strdup(o->mem, want));
}

static bool read_ref(struct one *o)
{
    int64_t id;
    bool several = false;
    const char *s = str_dup(o->mem, str_trim(str_of(o->typed)));
    if (o->ctx->resolve == NULL && str_to_i64(str_of(s), &id) && id > 0) {
        o->text = s;
        return true;
    }
    if (o->ctx->resolve != NULL && o->f->ref != NULL && o->ctx->resolve(o->ctx->resolve_ctx, o->f->ref, s, &id, &several)) {
        o->text = mem_fmt(o->mem, "%lld", (long long)id);
        return true;
    }
    return refuse(o, "reference", several ? MSG("value.ref-several") : MSG("value.ref-none"), s);
}

static bool read_id(struct one *o)
{
    int64_t id;
    if (!str_to_i64(str_of(o->typed), &id) || id <= 0)
        return refuse(o, "type", MSG("value.ref-none"), o->typed);
    o->text = mem_strdup(o->mem, o->typed);
    return true;
}

/* ---- signatures: only who acts signs, and for nobody else ---- */

#define SIGN_CLAIM "claim:"

char *value_sign_text(TALLOC_CTX *mem, int64_t person, int64_t us)
{
    return person > 0 ? mem_fmt(mem, "%lld@%lld", (long long)person, (long long)us) : NULL;
}

bool value_sign_read(const char *text, int64_t *ret_person, int64_t *ret_us)
{
    const char *at = text ? strchr(text, '@') : NULL;
    return at != NULL && str_to_i64((struct str){text, (size_t)(at - text)}, ret_person) && str_to_i64(str_of(at + 1), ret_us);
}

static bool read_sign(struct one *o)
{
    static const char *const ticks[] = {"1", "true", "yes", "on", "はい", "○"};
    for (size_t i = 0; o->ctx->sign != NULL && i < ARRAY_N(ticks); i++)
        if (str_eq(str_trim(str_of(o->typed)), str_of(ticks[i]))) {
            o->text = mem_strdup(o->mem, o->ctx->sign);
            return true;
        }
    if (!o->ctx->sign_claim)
        return refuse(o, "sign", MSG("value.sign"), NULL);
    if (!read_text(o, false))
        return false;
    o->text = mem_fmt(o->mem, "%s%s", SIGN_CLAIM, o->text);
    return true;
}

bool value_read(TALLOC_CTX *mem, const struct value_ctx *c, const struct field *f, const char *path, const char *typed, const char **ret_text, struct trouble_vec *troubles)
{
    struct one o = {.mem = mem, .ctx = c, .f = f, .path = path, .typed = typed, .troubles = troubles};
    bool ok = true;
    *ret_text = NULL;
    if (typed == NULL || str_trim(str_of(typed)).n == 0)
        return true;
    if (!utf8_ok(typed, strlen(typed), NULL))
        return refuse(&o, "type", MSG("value.control"), NULL);
    switch (f->type) {
    case FT_TEXT: case FT_ROLE: ok = read_text(&o, false); break;
    case FT_SIGN: ok = read_sign(&o); break;
    case FT_LONGTEXT: ok = read_text(&o, true); break;
    case FT_INT: case FT_MONEY: case FT_MONTH: ok = read_int(&o); break;
    case FT_NUMBER: ok = read_number(&o); break;
    case FT_DATE: ok = read_date(&o); break;
    case FT_DATETIME: ok = read_datetime(&o); break;
    case FT_DURATION: ok = read_duration(&o); break;
    case FT_BOOL: ok = read_bool(&o); break;
    case FT_CHOICE: case FT_MULTI: ok = read_choice(&o); break;
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT: ok = read_ref(&o); break;
    case FT_FILE: ok = read_id(&o); break;
    case FT_TABLE: case FT__N: ok = refuse(&o, "type", MSG("value.table"), NULL); break;
    }
    if (ok)
        *ret_text = o.text;
    return ok;
}

/* ---- for people ---- */

static char *show_time(TALLOC_CTX *mem, int64_t us)
{
    char *t = time_local(mem, us);
    if (strlen(t) >= 10)
        t[4] = t[7] = '/';
    return t;
}

static char *show_number(TALLOC_CTX *mem, const char *text)
{
    struct buf *b = buf_new(mem, 64);
    const char *dot = strchr(text, '.');
    size_t n = dot ? (size_t)(dot - text) : strlen(text), i = 0;
    if (text[0] == '-')
        buf_putc(b, text[i++]);
    for (size_t k = n - i; k > 0; k--, i++) {
        buf_putc(b, text[i]);
        if (k > 1 && (k - 1) % 3 == 0)
            buf_putc(b, ',');
    }
    buf_puts(b, dot);
    return b->p;
}

static char *show_duration(TALLOC_CTX *mem, const char *text, enum lang lang)
{
    size_t n = strlen(text);
    if (n < 3 || text[0] != 'P')
        return mem_strdup(mem, text);
    bool time = text[1] == 'T';
    char *count = mem_strndup(mem, text + 1 + time, n - 2 - time);
    if (strspn(count, "0123456789") != strlen(count))
        return mem_strdup(mem, text);                /* several units: as it stands */
    switch (text[n - 1]) {
    case 'Y': return msg_fill(mem, lang, MSG("value.years"), count, NULL);
    case 'H': return msg_fill(mem, lang, MSG("value.hours"), count, NULL);
    case 'M': return msg_fill(mem, lang, time ? MSG("value.minutes") : MSG("value.months"), count, NULL);
    case 'W': return msg_fill(mem, lang, MSG("value.weeks"), count, NULL);
    default: return msg_fill(mem, lang, MSG("value.days"), count, NULL);
    }
}

static char *show_sign(TALLOC_CTX *mem, const char *text, enum lang lang)
{
    int64_t person, us;
    if (value_sign_read(text, &person, &us))
        return msg_fill(mem, lang, MSG("value.signed"), show_time(mem, us), NULL);
    return msg_fill(mem, lang, MSG("value.sign-claim"), strncmp(text, SIGN_CLAIM, strlen(SIGN_CLAIM)) == 0 ? text + strlen(SIGN_CLAIM) : text, NULL);
}

char *value_show(TALLOC_CTX *mem, const struct field *f, const char *text, enum lang lang)
{
    int64_t v;
    struct civil c;
    if (text == NULL)
        return mem_strdup(mem, "");
    switch (f->type) {
    case FT_INT: case FT_NUMBER: return f->pattern != NULL ? mem_strdup(mem, text) : show_number(mem, text);   /* a year has no commas */
    case FT_MONEY: return msg_fill(mem, lang, MSG("value.yen"), show_number(mem, text), NULL);
    case FT_MONTH: return msg_fill(mem, lang, MSG("value.month-of"), text, NULL);
    case FT_DURATION: return show_duration(mem, text, lang);
    case FT_SIGN: return show_sign(mem, text, lang);
    case FT_BOOL: return mem_strdup(mem, msg_text(lang, strcmp(text, "1") == 0 ? MSG("value.yes") : MSG("value.no")));
    case FT_CHOICE: case FT_MULTI: return mem_strdup(mem, f->of ? pack_opt_label(f->of, text, lang) : text);
    case FT_DATE: return civil_read(str_of(text), &c) ? mem_fmt(mem, "%d/%02d/%02d", c.y, c.m, c.d) : mem_strdup(mem, text);
    case FT_DATETIME: return str_to_i64(str_of(text), &v) ? show_time(mem, v) : mem_strdup(mem, text);
    case FT_TEXT: case FT_LONGTEXT: case FT_REF: case FT_PERSON: case FT_DEPARTMENT: case FT_ROLE: case FT_FILE: case FT_TABLE: case FT__N:
        return mem_strdup(mem, text);
    }
    return mem_strdup(mem, text);
}
