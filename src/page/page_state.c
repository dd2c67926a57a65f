/* 適合状況, the ledger and one receipt. */
#include "page/adopt.h"
#include "page/past.h"
#include "page/regulation.h"

static const struct { enum ui_tone tone; const char *msg; } verdicts[] = {
    {UI_GOOD, MSG("verdict.ok")}, {UI_BAD, MSG("verdict.bad")}, {UI_UNKNOWN, MSG("verdict.unknown")}, {UI_WARN, MSG("verdict.excepted")}, {UI_PLAIN, MSG("verdict.none")},
};

void verdict_badge(struct screen *s, enum verdict_state v) { ui_badge(s->h, verdicts[v].tone, msg_text(req_lang(s->r), verdicts[v].msg)); }

static void article_row(struct screen *s, const struct pack *p, const struct article_state *a)
{
    html_open(s->h, E_TR);
    html_open(s->h, E_TD);
    html_open(s->h, E_A);
    html_href(s->h, page_path("article"), URL_S(p->id), URL_S(a->article));
    html_text(s->h, a->article);
    html_close(s->h, E_A);
    html_close(s->h, E_TD);
    html_el(s->h, E_TD, a->title);
    html_open(s->h, E_TD);
    verdict_badge(s, a->state);
    html_close(s->h, E_TD);
    html_el(s->h, E_TD, a->since_us ? when_text(s->r, a->since_us) : "–");
    html_el(s->h, E_TD, a->bad_n ? mem_fmt(s->r, "%lld", (long long)a->bad_n) : "");
    html_el(s->h, E_TD, a->unknown_n ? mem_fmt(s->r, "%lld", (long long)a->unknown_n) : "");
    html_close(s->h, E_TR);
}

/* Articles that something judges, or (idle) those that nothing judges yet; a line above each chapter. */
static void articles_out(struct screen *s, const struct pack *p, const struct article_states *st, bool idle)
{
    static const char *const keys[] = {MSG("col.article"), MSG("col.title"), MSG("col.state"), MSG("col.since"), MSG("verdict.bad-n"), MSG("verdict.unknown-n")};
    const char *chapter = NULL;
    screen_table_of(s, mem_fmt(s->r, "%s: %s", pick_lang(req_lang(s->r), p->title, p->title_en), msg_text(req_lang(s->r), idle ? MSG("conformity.idle") : MSG("conformity.judged"))), keys, ARRAY_N(keys));
    for (size_t i = 0; i < st->n; i++) {
        const char *c = pack_chapter(p, st->v[i].article);
        if ((st->v[i].state == VERDICT_NONE) != idle)
            continue;
        if (c[0] != '\0' && !text_eq(c, chapter)) {
            html_open(s->h, E_TR);
            html_class(s->h, "part");
            html_open(s->h, E_TH);
            html_attr(s->h, A_COLSPAN, "6");
            html_attr(s->h, A_SCOPE, "rowgroup");
            html_text(s->h, c);
            html_close(s->h, E_TH);
            html_close(s->h, E_TR);
            chapter = c;
        }
        article_row(s, p, &st->v[i]);
    }
    ui_table_close(s->h);
}

static void counts_out(struct screen *s, const struct article_states *st)
{
    size_t n[ARRAY_N(verdicts)] = {0};
    for (size_t i = 0; i < st->n; i++)
        n[st->v[i].state]++;
    html_open(s->h, E_UL);
    html_class(s->h, "cards");
    for (size_t i = 0; i < ARRAY_N(verdicts); i++) {
        html_open(s->h, E_LI);
        html_class(s->h, "card");
        if (i == VERDICT_BAD && n[i] > 0)
            html_class(s->h, "bad");
        ui_badge(s->h, verdicts[i].tone, msg_text(req_lang(s->r), verdicts[i].msg));
        html_text(s->h, " ");
        html_el(s->h, E_STRONG, mem_fmt(s->r, "%zu", n[i]));
        html_close(s->h, E_LI);
    }
    html_close(s->h, E_UL);
}

static void pack_out(struct screen *s, const struct pack *p)
{
    struct article_states st = VEC_INIT(s->r);
    struct err e = {0};
    int64_t as_of;
    if (conformity(&s->rd, p->id, &st, &as_of, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    ui_heading(s->h, 2, pick_lang(req_lang(s->r), p->title, p->title_en));
    html_open(s->h, E_P);
    html_class(s->h, "tools");
    page_link(s->h, MSG("regulation.read"), "regulation", URL_S(p->id));
    page_link(s->h, MSG("conformity.days"), "conformity.days", URL_S(p->id));
    page_link0(s->h, MSG("conform-by.title"), "conformity.by");
    html_close(s->h, E_P);
    html_el(s->h, E_P, msg_fill(s->r, req_lang(s->r), MSG("conformity.as-of"), mem_fmt(s->r, "%lld", (long long)as_of), NULL));
    carries_out(s, s->rd.set, p, MSG("regulation.part"));
    counts_out(s, &st);
    trend_brief_out(s, p);
    articles_out(s, p, &st, false);
    html_open(s->h, E_DETAILS);
    html_open(s->h, E_SUMMARY);
    html_msg(s->h, MSG("conformity.idle"));
    html_close(s->h, E_SUMMARY);
    articles_out(s, p, &st, true);
    html_close(s->h, E_DETAILS);
}

/* ---- exceptions from the separation of duties ---- */

struct apart { int64_t id; const char *who, *reason, *until; };
VEC_TYPE(apart_vec, struct apart);

static enum rc apart_read(struct screen *s, struct apart_vec *ret, struct err *e)
{
    const struct form *f = pack_form(s->rd.set, "separation_exception");
    struct sql *q = sql_new(s->r);
    struct db_rows *rows;
    bool more;
    if (f == NULL || f->see != SEE_ALL)
        return RC_OK;
    sql_lit(q, "SELECT x.record, r.title, x.reason, x.until_on FROM f_separation_exception x JOIN record r ON r.id = x.record WHERE x.slot = 0 AND x.state <> 'closed' AND x.until_on >= ");
    sql_text(q, s->rd.today);
    sql_lit(q, " ORDER BY x.until_on, x.record LIMIT 50");
    TRY(db_query(s->rd.db, s->r, q, &rows, e));
    for (;;) {
        TRY(db_next(rows, &more, e));
        if (!more)
            break;
        *vec_push(ret) = (struct apart){db_i64(rows, 0), mem_strdup(s->r, db_text(rows, 1)), mem_strdup(s->r, db_text(rows, 2)), mem_strdup(s->r, db_text(rows, 3))};
    }
    db_rows_end(rows);
    return RC_OK;
}

/* Who may decide about their own applications, or hold posts that exclude each other, as long as the exception lasts. */
static void apart_out(struct screen *s)
{
    static const char *const keys[] = {MSG("conformity.apart-who"), MSG("conformity.apart-why"), MSG("conformity.apart-until")};
    struct apart_vec v = VEC_INIT(s->r);
    struct err e = {0};
    if (apart_read(s, &v, &e) != RC_OK) {
        screen_broke(s, &e);
        return;
    }
    if (v.n == 0)
        return;
    ui_heading(s->h, 2, msg_text(req_lang(s->r), MSG("conformity.apart")));
    html_el_msg(s->h, E_P, MSG("conformity.apart-help"));
    screen_table(s, MSG("conformity.apart"), keys, ARRAY_N(keys));
    for (size_t i = 0; i < v.n; i++) {
        html_open(s->h, E_TR);
        html_open(s->h, E_TD);
        record_link(s->h, v.v[i].id, v.v[i].who);
        html_close(s->h, E_TD);
        html_el(s->h, E_TD, v.v[i].reason);
        html_el(s->h, E_TD, day_shown(s->r, v.v[i].until));
        html_close(s->h, E_TR);
    }
    ui_table_close(s->h);
}

void page_conform(struct req *r, void *ctx)
{
    struct screen s;
    if (!screen_begin(&s, r, ctx))
        return;
    screen_open(&s, msg_text(req_lang(r), MSG("nav.conformity")), "conformity");
    for (size_t i = 0; s.rd.set != NULL && i < s.rd.set->pack_n; i++)
        if (s.rd.set->pack[i].article_n > 0)
            pack_out(&s, &s.rd.set->pack[i]);
    apart_out(&s);
    screen_close(&s, 200);
}

/* ---- ledger ---- */

static void pre(struct html *h, const char *text)
{
    html_open(h, E_PRE);
    html_text(h, text);
    html_close(h, E_PRE);
}

/* What the last daily judging of everything found. */
static const char *full_text(struct screen *s)
{
    struct full_check last;
    struct err e = {0};
    bool found;
    if (check_last(s->rd.db, s->r, &last, &found, &e) != RC_OK || !found)
        return "–";
    const char *n = mem_fmt(s->r, "%lld", (long long)last.judged), *missed = mem_fmt(s->r, "%lld", (long long)last.missed);
    return last.missed > 0 ? msg_fill(s->r, req_lang(s->r), MSG("ledger.full-missed"), when_text(s->r, last.at_us), n, missed, NULL)
                           : msg_fill(s->r, req_lang(s->r), MSG("ledger.full-ok"), when_text(s->r, last.at_us), n, NULL);
}

void page_ledger(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct q_ledger_head head;
    struct ledger_report rep = {0};
    bool found;
    bool verify = text_eq(req_query(r, "verify"), "1");
    if (!screen_begin(&s, r, ctx))
        return;
    bool may = screen_may(&s, PERMIT_READ_ALL, NULL, NULL);      /* reading all of it costs: for those who see every record */
    verify = verify && may;
    enum rc rc = q_ledger_head(s.rd.db, r, &head, &found, &e);
    if (rc == RC_OK && verify)
        rc = ledger_verify(s.rd.db, r, core_vkey(s.site->core), &rep, &e);
    if (rc != RC_OK || !found) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_text(req_lang(r), MSG("nav.ledger")), "ledger");
    html_el_msg(s.h, E_P, MSG("ledger.about"));
    ui_kv_open(s.h);
    ui_kv(s.h, msg_text(req_lang(r), MSG("ledger.size")), mem_fmt(r, "%lld", (long long)head.size));
    ui_kv(s.h, msg_text(req_lang(r), MSG("ledger.last")), when_text(r, head.last_us));
    ui_kv(s.h, msg_text(req_lang(r), MSG("ledger.full")), full_text(&s));
    ui_kv_close(s.h);
    if (verify)
        ui_badge(s.h, rep.problem ? UI_BAD : UI_GOOD, rep.problem ? msg_fill(r, req_lang(r), MSG("ledger.bad"), mem_fmt(r, "%lld", (long long)rep.first_bad), rep.problem, NULL)
                                                                  : msg_fill(r, req_lang(r), MSG("ledger.good"), mem_fmt(r, "%lld", (long long)rep.entries), NULL));
    if (may) {
        html_open(s.h, E_P);
        html_open(s.h, E_A);
        html_class(s.h, "btn");
        html_href(s.h, page_path("ledger"), URL_Q("verify", "1"));
        html_msg(s.h, MSG("ledger.verify"));
        html_close(s.h, E_A);
        html_close(s.h, E_P);
    }
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("ledger.checkpoint")));
    pre(s.h, head.checkpoint);
    ui_heading(s.h, 2, msg_text(req_lang(r), MSG("ledger.vkey")));
    pre(s.h, core_vkey(s.site->core));
    screen_close(&s, 200);
}

void page_receipt(struct req *r, void *ctx)
{
    struct screen s;
    struct err e = {0};
    struct str entry;
    char *text;
    if (!screen_begin(&s, r, ctx))
        return;
    if (receipt_get(&s.rd, req_arg_i64(r, 0), &entry, &text, &e) != RC_OK) {
        screen_fail(&s, &e);
        return;
    }
    screen_open(&s, msg_fill(r, req_lang(r), MSG("ledger.receipt"), mem_fmt(r, "%lld", (long long)req_arg_i64(r, 0)), NULL), "ledger");
    html_el_msg(s.h, E_P, MSG("ledger.receipt-about"));
    pre(s.h, str_dup(r, entry));
    pre(s.h, text);
    screen_close(&s, 200);
}
