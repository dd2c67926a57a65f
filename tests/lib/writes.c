/* Random writes: tests/lib/writes.h. Values first, then acts. */
#include "base/base.h"
#include "writes.h"

#define TABLE_ROWS 2
#define REPAIRS 4
#define ROUTE_MAX 8

const char *const write_names[WRITE__N] = {"create", "save", "submit", "approve", "return", "fill", "close", "void", "log", "correct", "clock"};

struct go { struct writes *w; TALLOC_CTX *mem; const struct pack_set *set; int64_t today; };

/* ---- chance: splitmix64 ---- */

static uint64_t rnd(struct writes *w)
{
    uint64_t z = w->rnd += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t below(struct writes *w, int64_t n) { return n <= 0 ? 0 : (int64_t)(rnd(w) % (uint64_t)n); }
static bool chance(struct writes *w, int percent) { return below(w, 100) < percent; }

/* ---- what is there ---- */

static void there(struct go *g, const struct sql *s, struct id_vec *ret)
{
    struct reader r = house_reading("-");
    struct err e = {0};
    assert_int_equal(ids_read(r.db, g->mem, s, ret, &e), RC_OK);
    core_read_end(&r);
}

static int64_t one_of(struct go *g, const struct id_vec *ids)
{
    return ids->n > 0 ? ids->v[below(g->w, (int64_t)ids->n)] : 0;
}

/* In force, the later ones more often: they are about the same few things. */
static int64_t in_force(struct go *g, const struct form *f)
{
    struct id_vec ids = VEC_INIT(g->mem);
    struct sql *s = sql_new(g->mem);
    sql_lit(s, "SELECT record FROM ");
    sql_ident(s, form_table(g->mem, f));
    sql_lit(s, " WHERE slot = 0 ORDER BY record DESC LIMIT ");
    sql_i64(s, chance(g->w, 50) ? 4 : 60);
    there(g, s, &ids);
    return one_of(g, &ids);
}

static int64_t anybody(struct go *g) { return in_force(g, pack_form(g->set, "person")); }

/* ---- values ---- */

static const char *day_near(struct go *g)
{
    char text[CIVIL_TEXT_N];
    int64_t d = chance(g->w, 50) ? below(g->w, 9) - 4 : chance(g->w, 70) ? -below(g->w, 420) : below(g->w, 90);
    civil_text(civil_from_days(g->today + d), text);
    return mem_strdup(g->mem, text);
}

/* In the shape that the field asks for; NULL: it asks for none. */
static const char *shaped(struct go *g, const char *pattern)
{
    int a = (int)below(g->w, 250), b = (int)below(g->w, 250);
    if (pattern == NULL)
        return NULL;
    if (strcmp(pattern, "mac") == 0)
        return mem_fmt(g->mem, "02:00:00:00:%02x:%02x", (unsigned)a, (unsigned)b);
    if (strcmp(pattern, "ip") == 0)
        return mem_fmt(g->mem, "10.0.%d.%d", a, b);
    if (strcmp(pattern, "email") == 0)
        return mem_fmt(g->mem, "a%d@b%d.example", a, b);
    if (strcmp(pattern, "tel") == 0)
        return mem_fmt(g->mem, "011-%03d-0%03d", a, b);
    if (strcmp(pattern, "postal") == 0)
        return mem_fmt(g->mem, "060-0%03d", a);
    if (strcmp(pattern, "url_https") == 0)
        return mem_fmt(g->mem, "https://a%d.example/%d", a, b);
    return mem_fmt(g->mem, "x%d-%d", a, b);
}

static const char *word(struct go *g, const struct field *f)
{
    static const char *const plain[] = {"甲", "乙", "丙", "客先", "社外", "Administrator", "root", "suzuki", "保守のため", "定期"};
    if (f->pattern != NULL)
        return shaped(g, f->pattern);
    if (f->unique)
        return mem_fmt(g->mem, "名%llx", (unsigned long long)rnd(g->w) & 0xffffff);
    return plain[below(g->w, ARRAY_N(plain))];
}

static const char *count_of(struct go *g, const struct field *f)
{
    int64_t lo = f->has_min ? f->min : 0, hi = f->has_max ? f->max : lo + 12;
    return mem_fmt(g->mem, "%lld", (long long)(lo + below(g->w, hi - lo + 1 > 3000 ? 3000 : hi - lo + 1)));
}

/* One value as somebody types it; NULL: there is nothing to choose from, or it cannot be typed. */
static const char *value_of(struct go *g, const struct field *f)
{
    int64_t id;
    switch (f->type) {
    case FT_TEXT: case FT_LONGTEXT: return word(g, f);
    case FT_INT: case FT_NUMBER: case FT_MONEY: return f->pattern ? mem_fmt(g->mem, "%d", civil_from_days(g->today).y + (int)below(g->w, 2)) : count_of(g, f);
    case FT_DATE: return day_near(g);
    case FT_DATETIME: return mem_fmt(g->mem, "%s %02d:%02d", day_near(g), (int)below(g->w, 24), (int)below(g->w, 4) * 15);
    case FT_MONTH: return mem_fmt(g->mem, "%d", 1 + (int)below(g->w, 12));
    case FT_DURATION: return chance(g->w, 50) ? "P3M" : "P14D";
    case FT_BOOL: return chance(g->w, 70) ? "yes" : "no";
    case FT_CHOICE: case FT_MULTI: return f->of && f->of->n > 0 ? f->of->opt[below(g->w, (int64_t)f->of->n)].id : NULL;
    case FT_REF: case FT_PERSON: case FT_DEPARTMENT:
        id = f->ref ? in_force(g, f->ref) : 0;
        return id ? mem_fmt(g->mem, "%lld", (long long)id) : NULL;
    case FT_ROLE: return g->set->role[below(g->w, (int64_t)g->set->role_n)].key;
    case FT_SIGN: return "yes";
    case FT_FILE: case FT_TABLE: case FT__N: break;
    }
    return NULL;
}

static void put(struct go *g, struct json *values, const char *path, const struct field *f)
{
    const char *v = value_of(g, f);
    if (v != NULL)
        json_set_str(values, path, v);
}

static void field_put(struct go *g, struct json *values, const struct field *f, int density)
{
    int64_t rows = 1 + below(g->w, TABLE_ROWS);
    if (f->type == FT_TABLE) {
        for (int64_t i = 0; i < rows; i++)
            for (size_t k = 0; k < f->cols_n; k++)
                if (f->cols[k].value == NULL && (f->cols[k].required || chance(g->w, density)))
                    put(g, values, mem_fmt(g->mem, "%s[%lld].%s", f->path, (long long)i, f->cols[k].id), &f->cols[k]);
    } else if (f->type == FT_MULTI && f->of != NULL) {
        bool all = f->all_ticked || chance(g->w, 60);
        for (size_t i = 0, n = 0; i < f->of->n; i++)
            if (all || chance(g->w, 50))
                json_set_str(values, mem_fmt(g->mem, "%s[%zu]", f->path, n++), f->of->opt[i].id);
    } else if (f->many) {
        for (int64_t i = 0; i < rows; i++)
            put(g, values, mem_fmt(g->mem, "%s[%lld]", f->path, (long long)i), f);
    } else {
        put(g, values, f->path, f);
    }
}

/* stage NULL: what is filled when it is handed in. */
static bool of_stage(const struct field *f, const char *stage)
{
    if (f->value != NULL || f->type == FT_FILE)
        return false;
    bool first = f->stage == NULL || strcmp(f->stage, "submit") == 0;
    return stage == NULL ? first : !first && strcmp(f->stage, stage) == 0;
}

static struct json *values_of(struct go *g, const struct form *f, const char *stage, int density)
{
    struct json *values = json_obj(g->mem);
    for (size_t i = 0; i < f->field_n; i++)
        if (of_stage(&f->field[i], stage) && (f->field[i].required || chance(g->w, f->field[i].required_when ? 90 : density)))
            field_put(g, values, &f->field[i], density);
    return values;
}

/* ---- saying it ---- */

static struct answer *say(struct go *g, enum write_kind kind, int64_t person, const char *name, const struct json *args)
{
    struct answer *ans;
    struct actor a = {.kind = ACTOR_PERSON, .person = person, .lang = LANG_JA, .login = "-", .proof_us = INT64_MAX};
    core_command(house_core, g->mem, &a, name, args, NULL, &ans);
    bool ok = ans->rc == RC_OK;
    (*(ok ? &g->w->done[kind] : &g->w->refused[kind]))++;
    const char *form = json_get_str(args, "form");
    int64_t record = json_get_i64(args, "record", ok ? json_get_i64(ans->body, "record", 0) : 0);
    const struct json *values = json_get(args, "values"), *what = values ? values : json_get(args, "rows"), *why = json_get(ans->body, "troubles");
    buf_fmt(g->w->story, "  %s by %lld %s record %lld: %s %s%s%s%s\n", name, (long long)person, form ? form : "", (long long)record, ok ? "ok" : json_get_str(ans->body, "code"),
            what ? json_text(g->mem, what) : "", ok ? "" : " ", ok ? "" : ans->err.detail, !ok && why ? json_text(g->mem, why) : "");
    return ans;
}

static bool said(const struct answer *ans) { return ans->rc == RC_OK; }

/* Whom the command may be the business of. */
static bool not_theirs(const struct answer *ans)
{
    return ans->err.code == ERR_DENIED || ans->err.code == ERR_RECORD_MISSING;
}

static struct json *about(struct go *g, int64_t record)
{
    struct json *args = json_obj(g->mem);
    json_set_i64(args, "record", record);
    json_set_str(args, "comment", "試験のため");
    return args;
}

/* Other values for what was refused, as far as the refusal names fields; false: it names none. */
static bool repaired(struct go *g, const struct form *f, const struct answer *ans, struct json *values)
{
    const struct json *troubles = json_get(ans->body, "troubles");
    bool any = false;
    for (size_t i = 0; i < json_n(troubles); i++) {
        const struct json *t = json_at(troubles, i);
        const char *path = json_get_str(t, "path"), *code = json_get_str(t, "code");
        if (code != NULL && strncmp(code, "undecided:", 10) == 0)
            path = code + 10;
        if (path == NULL || json_get_bool(t, "warning"))
            continue;
        if (strncmp(path, "rows[0].", 8) == 0)
            path += 8;
        const struct field *fd = pack_field(f, mem_strndup(g->mem, path, strcspn(path, "[")));
        if (fd == NULL || fd->value != NULL || fd->type == FT_FILE)
            continue;
        field_put(g, values, fd, 100);
        any = true;
    }
    return any;
}

static struct json *saving(struct go *g, int64_t record, const struct json *values)
{
    struct json *args = about(g, record);
    json_set(args, "values", values);
    json_set_bool(args, "replace_rows", true);
    return args;
}

/* ---- the route ---- */

struct go_seat { int64_t person; const char *step; };

static bool seat_open(struct go *g, int64_t record, struct go_seat *ret)
{
    struct reader r = house_reading("-");
    struct sql *s = sql_new(g->mem);
    struct db_rows *rows;
    struct err e = {0};
    bool more;
    sql_lit(s, "SELECT o.person, s.step FROM record r JOIN step s ON s.record = r.id AND s.revision = r.draft_rev JOIN step_who o ON o.record = s.record AND o.revision = s.revision"
               " AND o.ord = s.ord WHERE s.state = 'open' AND o.state = 'open' AND r.id = ");
    sql_i64(s, record);
    sql_lit(s, " ORDER BY s.ord, o.person LIMIT 1");
    assert_int_equal(db_query(r.db, g->mem, s, &rows, &e), RC_OK);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    if (more)
        *ret = (struct go_seat){db_i64(rows, 0), mem_strdup(g->mem, db_text(rows, 1))};
    db_rows_end(rows);
    core_read_end(&r);
    return more;
}

static void approve(struct go *g, const struct form *f, int64_t record, const struct go_seat *seat)
{
    struct json *values = values_of(g, f, seat->step, 90);
    for (int i = 0; i < REPAIRS; i++) {
        struct json *args = about(g, record);
        if (json_n(values) > 0)
            json_set(args, "values", values);
        struct answer *ans = say(g, WRITE_APPROVE, seat->person, "record.approve", args);
        if (said(ans) || !repaired(g, f, ans, values))
            return;
    }
}

/* Most routes are gone to their end; some stay where they are, some go back. */
static void route_go(struct go *g, const struct form *f, int64_t record)
{
    struct go_seat seat;
    for (int i = 0; i < ROUTE_MAX && seat_open(g, record, &seat) && !chance(g->w, 4); i++) {
        if (chance(g->w, 5)) {
            (void)say(g, WRITE_RETURN, seat.person, "record.return", about(g, record));
            return;
        }
        approve(g, f, record, &seat);
    }
}

static void submit(struct go *g, const struct form *f, int64_t person, int64_t record)
{
    for (int i = 0; i < REPAIRS; i++) {
        struct json *values = json_obj(g->mem);
        struct answer *ans = say(g, WRITE_SUBMIT, person, "record.submit", about(g, record));
        if (said(ans)) {
            route_go(g, f, record);
            return;
        }
        if (!repaired(g, f, ans, values) || !said(say(g, WRITE_SAVE, person, "record.save", saving(g, record, values))))
            return;
    }
}

/* ---- occasions ---- */

/* Somebody who may: by chance, who made it, or the administrator. */
static int64_t somebody(struct go *g, int try, int64_t maker)
{
    return try == 0 && maker != 0 ? maker : try == 1 || chance(g->w, 30) ? house_person("yamamoto") : anybody(g);
}

static void create(struct go *g, const struct form *f)
{
    struct json *args = json_obj(g->mem);
    json_set_str(args, "form", f->ident);
    json_set(args, "values", values_of(g, f, NULL, chance(g->w, 50) ? 90 : 50));
    for (int i = 0; i < 3; i++) {
        int64_t person = somebody(g, i, 0);
        struct answer *ans = say(g, WRITE_CREATE, person, "record.create", args);
        if (said(ans)) {
            submit(g, f, person, json_get_i64(ans->body, "record", 0));
            return;
        }
        if (!not_theirs(ans))
            return;
    }
}

/* The administrator and the appointment as one stay: without them nobody could go on. */
static bool spared(struct go *g, const struct form *f, int64_t record)
{
    struct id_vec ids = VEC_INIT(g->mem);
    struct sql *s = sql_new(g->mem);
    if (strcmp(f->ident, "assignment") != 0)
        return record == house_person("yamamoto");
    sql_lit(s, "SELECT record FROM f_assignment WHERE slot = 0 AND role IN ('administrator', 'core:administrator') AND record = ");
    sql_i64(s, record);
    there(g, s, &ids);
    return ids.n > 0;
}

static int64_t maker_of(struct go *g, int64_t record)
{
    struct id_vec ids = VEC_INIT(g->mem);
    struct sql *s = sql_new(g->mem);
    sql_lit(s, "SELECT made_by FROM record WHERE id = ");
    sql_i64(s, record);
    there(g, s, &ids);
    return ids.n > 0 ? ids.v[0] : 0;
}

/* A field or two of what is in force become something else. */
static void change(struct go *g, const struct form *f)
{
    int64_t record = in_force(g, f), maker = maker_of(g, record);
    struct json *values = json_obj(g->mem);
    for (int i = 0; i < 40 && json_n(values) < 1 + (size_t)below(g->w, 2); i++) {
        const struct field *fd = &f->field[below(g->w, (int64_t)f->field_n)];
        if (!of_stage(fd, NULL))
            continue;
        if (!fd->required && fd->type != FT_TABLE && chance(g->w, 15))
            json_set_null(values, fd->path);
        else
            field_put(g, values, fd, 90);
    }
    for (int i = 0; record != 0 && !spared(g, f, record) && i < 3; i++) {
        int64_t person = somebody(g, i, maker);
        struct answer *ans = say(g, WRITE_SAVE, person, "record.save", saving(g, record, values));
        if (said(ans))
            submit(g, f, person, record);
        if (said(ans) || !not_theirs(ans))
            return;
    }
}

static void fill(struct go *g, const struct form *f)
{
    int64_t record = in_force(g, f), maker = maker_of(g, record);
    struct json *values = values_of(g, f, "close", 80), *more = values_of(g, f, "approved", 80);
    for (struct json_pos p = {0}; json_next(more, &p);)
        json_set(values, p.key, p.val);
    for (int i = 0; record != 0 && json_n(values) > 0 && i < REPAIRS; i++) {
        struct answer *ans = say(g, WRITE_FILL, somebody(g, i, maker), "record.fill", saving(g, record, values));
        if (said(ans) || (!not_theirs(ans) && !repaired(g, f, ans, values)))
            return;
    }
}

static void end(struct go *g, const struct form *f, bool strike)
{
    int64_t record = in_force(g, f);
    for (int i = 0; record != 0 && !spared(g, f, record) && i < 3; i++) {
        struct answer *ans = say(g, strike ? WRITE_VOID : WRITE_CLOSE, somebody(g, i, maker_of(g, record)), strike ? "record.void" : "record.close", about(g, record));
        if (said(ans) || !not_theirs(ans))
            return;
    }
}

static void log_row(struct go *g, const struct form *f)
{
    struct json *args = json_obj(g->mem), *values = values_of(g, f, NULL, 80);
    int64_t old = chance(g->w, 25) ? in_force(g, f) : 0, person = anybody(g);
    for (int i = 0; i < REPAIRS; i++) {
        json_set(json_add_obj(json_set_arr(args, "rows")), "values", values);
        json_set_str(args, "form", f->ident);
        struct answer *ans = old != 0 ? say(g, WRITE_CORRECT, maker_of(g, old), "log.correct", saving(g, old, values)) : say(g, WRITE_LOG, person, "log.add", args);
        if (said(ans) || !repaired(g, f, ans, values))
            return;
    }
}

/* Minutes, hours, a day, a few days, or to the last day of the month or the first of the next one. */
static void clock_step(struct go *g)
{
    struct civil now = civil_of_us(g->w->clock_us), first = civil_add_months((struct civil){now.y, now.m, 1}, 1);
    int64_t to = g->w->clock_us;
    switch (below(g->w, 6)) {
    case 0: to += (1 + below(g->w, 90)) * 60 * US_PER_S; break;
    case 1: to += (1 + below(g->w, 12)) * 3600 * US_PER_S; break;
    case 2: case 3: to = civil_to_us(civil_from_days(civil_days(now) + 1), 9, 0); break;
    case 4: to = civil_to_us(civil_from_days(civil_days(now) + 2 + below(g->w, 20)), 8, 30); break;
    default: to = civil_to_us(civil_from_days(civil_days(first) - (civil_days(first) - civil_days(now) > 1 && chance(g->w, 50))), 0, 0); break;
    }
    core_settle(house_core);                             /* what was written that day was judged that day */
    g->w->clock_us = to;
    g->w->done[WRITE_CLOCK]++;
    clock_scene_set(to);
    char day[CIVIL_TEXT_N];
    civil_text(civil_of_us(to), day);
    buf_fmt(g->w->story, "  the clock: %s\n", day);
}

/* ---- which form ---- */

static bool reads(const struct cond *c, const struct form *f)
{
    for (size_t i = 0; c != NULL && i < c->read_n; i++)
        if (strcmp(c->read[i].form_ident, f->ident) == 0)
            return true;
    return false;
}

/* What many checks look at comes more often, what none looks at seldom; imports and settings are not written by hand. */
static int weight(const struct pack_set *set, const struct form *f)
{
    int n = 1;
    if (strcmp(f->ident, "import") == 0 || f->kind == FORM_BOOK)
        return 0;
    for (size_t i = 0; i < set->check_n; i++) {
        const struct check *k = &set->check[i];
        n += (k->subject == f || reads(k->where, f) || reads(k->must, f) || reads(k->deadline, f)) ? 4 : 0;
    }
    return n < 24 ? n : 24;
}

static const struct form *some_form(struct go *g)
{
    int64_t sum = 0;
    for (size_t i = 0; i < g->set->form_n; i++)
        sum += weight(g->set, &g->set->form[i]);
    int64_t at = below(g->w, sum);
    for (size_t i = 0; i < g->set->form_n; i++) {
        at -= weight(g->set, &g->set->form[i]);
        if (at < 0)
            return &g->set->form[i];
    }
    return &g->set->form[0];
}

void writes_begin(struct writes *w, uint64_t seed, int64_t clock_us)
{
    *w = (struct writes){.rnd = seed, .clock_us = clock_us, .story = buf_new(NULL, 8 << 20)};
}

void writes_end(struct writes *w) { talloc_free(w->story); }

void writes_step(struct writes *w)
{
    MEM_SCOPE(mem, NULL);
    struct go g = {.w = w, .mem = mem, .set = core_set_hold(house_core), .today = civil_days(civil_of_us(w->clock_us))};
    const struct form *f = some_form(&g);
    int64_t what = below(w, 100);
    if (what < 12)
        clock_step(&g);
    else if (f->kind == FORM_LOG)
        log_row(&g, f);
    else if (what < 55)
        create(&g, f);
    else if (what < 85)
        change(&g, f);
    else if (what < 94)
        fill(&g, f);
    else
        end(&g, f, what >= 96);
    core_set_release(house_core, g.set);
}
