/* Routes as design.md section 6 wants them: any of, all of, n, head of a person, climbing, distinct, collapse; return, withdraw, reject;
 * approvals voided through another record; deputies; two people at once. The form rt_paper of tests/core/packs/routes picks its route
 * by `way`. Posts: ra kacho, rb bucho, rc kacho and bucho. */
#include <pthread.h>
#include "core/core_state.h"
#include "house.h"

static int64_t paper(const char *login, const char *way, const char *more)
{
    return house_make(login, "rt_paper", mem_fmt(house_mem, "{\"subject\":\"件名\",\"way\":\"%s\"%s}", way, more), NULL);
}

static const char *approve(const char *login, int64_t record) { return house_act(login, "record.approve", record, NULL); }

/* ---- who answers ---- */

static void any_of(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "any", "");
    assert_string_equal(house_route(t), "any:open bucho open kacho open");
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_route(t), "any:done bucho done kacho free");
    assert_string_equal(house_state(t), "approved/-");
    assert_string_equal(approve("kacho", t), "ERR_STALE");                       /* somebody was first: said clearly */
    t = paper("kacho", "any", "");
    assert_string_equal(house_route(t), "any:open bucho open");                        /* one of them is left: nobody climbs */
}

static void all_of(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "all", "");
    assert_string_equal(house_route(t), "all:open kacho open all:open bucho open");    /* at the same time */
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "draft/submitted");
    assert_string_equal(approve("bucho", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("kacho", "all", "");
    assert_string_equal(house_route(t), "all:open/climbed bucho open all:open bucho open");      /* one person in two posts */
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");                              /* one act shows both */
    assert_string_equal(house_route(t), "all:done/climbed bucho done all:done bucho done");
}

static void two_of_them(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "two", "");
    assert_string_equal(house_route(t), "two:open bucho open kacho open");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(approve("kacho", t), "ERR_NOT_YOUR_STEP");               /* counts once */
    assert_string_equal(house_state(t), "draft/submitted");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("kacho", "two", "");
    assert_string_equal(house_route(t), "two:open/climbed shacho open bucho open");    /* a superior stands in for the maker */
}

static void head_of_a_person(void **state)
{
    (void)state;
    assert_string_equal(house_route(paper("sato", "person", mem_fmt(house_mem, ",\"whom\":\"%lld\"", (long long)house_person("suzuki")))), "person:open kacho open");
    assert_string_equal(house_route(paper("sato", "person", mem_fmt(house_mem, ",\"whom\":\"%lld\"", (long long)house_person("kacho")))), "person:open/climbed bucho open");
    assert_string_equal(house_route(paper("bucho", "person", mem_fmt(house_mem, ",\"whom\":\"%lld\"", (long long)house_person("kacho")))), "person:open/climbed shacho open");
    assert_string_equal(house_route(paper("sato", "named", mem_fmt(house_mem, ",\"whom\":\"%lld\"", (long long)house_person("bucho")))), "named:open bucho open");
    assert_string_equal(house_route(paper("bucho", "named", mem_fmt(house_mem, ",\"whom\":\"%lld\"", (long long)house_person("bucho")))), "named:open/climbed shacho open");
}

static int64_t asset(const char *level)
{
    return house_make("suzuki", "asset", mem_fmt(house_mem, "{\"name\":\"名簿\",\"dept\":\"%lld\",\"confidentiality\":\"%s\"}", (long long)house_dept("営業一課"), level), NULL);
}

static void far_department(void **state)
{
    (void)state;
    assert_string_equal(house_route(paper("sato", "owner", mem_fmt(house_mem, ",\"asset\":\"%lld\"", (long long)asset("c0")))), "owner:open kacho open");
}

static void one_person_in_two_steps(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain", "");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_route(t), "first:done kacho done second:done bucho done third:done/collapsed kacho done");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("suzuki", "chain", "");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_act("bucho", "record.approve", t, "{\"opinion\":\"条件付き\"}"), "ok");
    assert_string_equal(house_route(t), "first:done kacho done second:done bucho done third:open kacho open");     /* something new to read */
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("suzuki", "distinct", "");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_route(t), "first:done kacho done other:open/climbed bucho open");                   /* another person must */
}

/* A step decides whether another one follows. */
static void a_step_that_grows(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "grow", "");
    assert_string_equal(house_route(t), "gate:open kacho open");
    assert_string_equal(house_act("kacho", "record.approve", t, "{\"subject\":\"改ざん\"}"), "ERR_FIELDS");                /* only what the step fills */
    assert_string_equal(house_act("kacho", "record.approve", t, "{\"top\":\"1\"}"), "ok");
    assert_string_equal(house_route(t), "gate:done kacho done boss:open bucho open");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("suzuki", "grow", "");
    assert_string_equal(house_act("kacho", "record.approve", t, "{\"top\":\"0\"}"), "ok");
    assert_string_equal(house_state(t), "approved/-");
}

/* ---- going back ---- */

static void back_and_away(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain", "");
    assert_string_equal(house_code_of(house_ask("kacho", "record.return", t, "{\"comment\":\" \"}")), "ERR_REASON");
    assert_string_equal(house_act("kacho", "record.return", t, NULL), "ok");
    assert_string_equal(house_state(t), "draft/returned");
    assert_string_equal(approve("kacho", t), "ERR_STATE");
    assert_string_equal(house_act("suzuki", "record.submit", t, NULL), "ok");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_code_of(house_ask("bucho", "record.return", t, "{\"to\":\"third\"}")), "ERR_FIELDS");        /* not an earlier step */
    assert_string_equal(house_code_of(house_ask("bucho", "record.return", t, "{\"to\":\"second\"}")), "ERR_FIELDS");
    assert_string_equal(house_code_of(house_ask("bucho", "record.return", t, "{\"to\":\"first\"}")), "ok");
    assert_string_equal(house_route(t), "first:open kacho open second:waiting third:waiting");
    assert_string_equal(house_act("kacho", "record.withdraw", t, NULL), "ERR_DENIED");
    assert_string_equal(house_act("suzuki", "record.withdraw", t, NULL), "ok");
    assert_string_equal(house_state(t), "draft/draft");
    assert_string_equal(house_act("suzuki", "record.submit", t, NULL), "ok");
    assert_string_equal(house_act("suzuki", "record.reject", t, NULL), "ERR_SELF_APPROVAL");
    assert_string_equal(house_code_of(house_ask("kacho", "record.reject", t, "{\"comment\":\"\"}")), "ERR_REASON");
    assert_string_equal(house_act("kacho", "record.reject", t, NULL), "ok");
    assert_string_equal(house_state(t), "draft/rejected");
    assert_string_equal(house_act("suzuki", "record.save", t, "{\"subject\":\"別\"}"), "ERR_DENIED");
    assert_string_equal(house_act("suzuki", "record.submit", t, NULL), "ERR_DENIED");
}

/* ---- the ground of an approval changes ---- */

static void voided_by_the_maker(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain", "");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_act("suzuki", "record.save", t, "{\"subject\":\"件名\"}"), "ok");                              /* the same: nothing is voided */
    assert_string_equal(house_route(t), "first:done kacho done second:open bucho open third:waiting");
    assert_string_equal(house_act("suzuki", "record.save", t, "{\"subject\":\"別の件名\"}"), "ok");
    assert_string_equal(house_route(t), "first:open/reopened kacho open second:waiting third:waiting");
    assert_int_equal(house_tasks(t, "core:voided", "kacho"), 1);
    assert_int_equal(house_tasks(t, "core:voided", "suzuki"), 0);
    assert_string_equal(approve("kacho", t), "ok");
    assert_int_equal(house_tasks(t, "core:voided", NULL), 0);
}

static void voided_by_an_attachment(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain", "");
    (void)house_attach("suzuki", t, "見積.pdf", "%PDF-1.7 見積");                  /* nobody has approved yet */
    assert_string_equal(house_route(t), "first:open kacho open second:waiting third:waiting");
    assert_string_equal(approve("kacho", t), "ok");
    (void)house_attach("bucho", t, "所見.pdf", "%PDF-1.7 所見");                   /* an approver's is no new ground */
    assert_string_equal(house_route(t), "first:done kacho done second:open bucho open third:waiting");
    (void)house_attach("suzuki", t, "見積2.pdf", "%PDF-1.7 見積2");
    assert_string_equal(house_route(t), "first:open/reopened kacho open second:waiting third:waiting");
    assert_int_equal(house_tasks(t, "core:voided", "kacho"), 1);
}

static void voided_by_another_record(void **state)
{
    (void)state;
    int64_t a = asset("c0"), t = paper("suzuki", "chain", mem_fmt(house_mem, ",\"asset\":\"%lld\"", (long long)a));
    assert_string_equal(approve("kacho", t), "ok");
    struct actor s = house_as("suzuki");
    struct json *args = house_obj("{\"values\":{\"confidentiality\":\"c2\"}}");
    json_set_i64(args, "record", a);
    house_good(&s, "record.save", args);
    house_good(&s, "record.submit", args);
    core_settle(house_core);
    assert_string_equal(house_route(t), "first:open/reopened kacho open second:waiting third:waiting");
    assert_int_equal(house_tasks(t, "core:voided", "kacho"), 1);
    assert_int_equal(house_tasks(t, "core:voided", "suzuki"), 1);
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    assert_int_equal(house_tasks(t, "core:voided", NULL), 0);
}



/* ---- several at once ---- */

struct thread { pthread_t id; struct actor actor; const char *key; int64_t record; const char *code; int64_t made; bool repeated; };

static void *run(void *arg)
{
    struct thread *t = arg;
    TALLOC_CTX *own = mem_root(0);
    struct json *args = json_obj(own);
    struct answer *ans;
    if (t->record != 0) {
        json_set_i64(args, "record", t->record);
        core_command(house_core, own, &t->actor, "record.approve", args, t->key, &ans);
    } else {
        struct json *values = json_set_obj(args, "values");
        json_set_str(args, "form", "rt_paper");
        json_set_str(values, "subject", "同時");
        json_set_str(values, "way", "any");
        core_command(house_core, own, &t->actor, "record.create", args, t->key, &ans);
    }
    t->code = ans->rc == RC_OK ? "ok" : err_info(ans->err.code)->name;
    t->made = json_get_i64(ans->body, "record", 0);
    t->repeated = ans->repeated;
    talloc_free(own);
    return NULL;
}

#define THREADS 100
static void all_at_once(struct thread *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&t[i].id, NULL, run, &t[i]), 0);
    for (size_t i = 0; i < n; i++)
        pthread_join(t[i].id, NULL);
}

static size_t acts_n(int64_t record, const char *kind)
{
    struct reader r = house_reading("kanri");
    struct act_infos all = VEC_INIT(house_mem);
    struct err e = {0};
    size_t n = 0;
    assert_int_equal(record_acts(&r, record, &all, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        n += strcmp(all.v[i].kind, kind) == 0;
    core_read_end(&r);
    return n;
}

static void two_approvers_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        int64_t t = paper("suzuki", "any", "");
        struct thread two[2] = {{.actor = house_as("kacho"), .record = t}, {.actor = house_as("bucho"), .record = t}};
        all_at_once(two, 2);
        assert_true((strcmp(two[0].code, "ok") == 0) != (strcmp(two[1].code, "ok") == 0));
        assert_string_equal(strcmp(two[0].code, "ok") == 0 ? two[1].code : two[0].code, "ERR_STALE");
        assert_int_equal(acts_n(t, "approve"), 1);
    }
    int64_t t = paper("suzuki", "any", "");
    assert_string_equal(house_code_of(house_ask("kacho", "record.approve", t, "{\"version\":1}")), "ERR_STALE");         /* seen before it was submitted */
}

static void a_hundred_times(void **state)
{
    static struct thread t[THREADS];
    size_t first = 0;
    (void)state;
    for (int i = 0; i < THREADS; i++)
        t[i] = (struct thread){.actor = house_as("suzuki"), .key = "make-once"};
    all_at_once(t, THREADS);
    for (int i = 0; i < THREADS; i++) {
        assert_string_equal(t[i].code, "ok");
        assert_int_equal(t[i].made, t[0].made);
        first += !t[i].repeated;
    }
    assert_int_equal(first, 1);
    assert_int_equal(acts_n(t[0].made, "create"), 1);
    int64_t p = paper("suzuki", "two", "");
    for (int i = 0; i < THREADS; i++)
        t[i] = (struct thread){.actor = house_as("kacho"), .key = "approve-once", .record = p};
    all_at_once(t, THREADS);
    assert_int_equal(acts_n(p, "approve"), 1);
    assert_string_equal(house_route(p), "two:open bucho open kacho done");
    struct actor other = house_as("bucho");
    struct answer *ans;
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "record", p);
    core_command(house_core, house_mem, &other, "record.approve", args, "approve-once", &ans);
    assert_int_equal(ans->err.code, ERR_IDEMPOTENCY);                            /* another person's key */
}

static void the_ledger_binds_it_all(void **state) { (void)state; house_holds(); }

static bool on_pg;
static int open_house(void **state) { (void)state; return house_open_routes(on_pg); }
static int close_house(void **state) { (void)state; return house_end(); }

/* ---- an older pack set ---- */

static void route_set_is(int64_t record, int64_t set)
{
    struct err e = {0};
    struct tx *tx;
    bool fatal;
    struct sql *s = sql_new(house_mem);
    sql_lit(s, "UPDATE record SET route_set = ");
    sql_i64(s, set);
    sql_lit(s, " WHERE id = ");
    sql_i64(s, record);
    core_settle(house_core);                           /* nobody else writes now */
    assert_int_equal(tx_begin(house_core->writer.db, &tx, &e), RC_OK);
    assert_int_equal(tx_exec(tx, s, NULL, &e), RC_OK);
    assert_int_equal(tx_commit(tx, &fatal, &e), RC_OK);
}

/* The set that a route was opened under is there, but this program cannot read it: said clearly, readable all the same, and started
 * anew on demand. */
static void a_set_that_cannot_be_read(void **state)
{
    const struct actor kanri = house_as("kanri");
    (void)state;
    int64_t t = paper("suzuki", "any", "");
    route_set_is(t, 987654321);
    assert_string_equal(approve("bucho", t), "ERR_SET_UNREADABLE");
    assert_string_equal(house_act("suzuki", "record.withdraw", t, NULL), "ERR_SET_UNREADABLE");
    struct reader r = house_reading("suzuki");
    struct err e = {0};
    struct record rec;
    struct step_infos steps = VEC_INIT(house_mem);
    assert_int_equal(record_get(r.db, house_mem, r.set, t, &rec, &e), RC_OK);
    assert_int_equal(record_own_form(&r, &rec, &e), RC_OK);
    assert_string_equal(rec.form->ident, "rt_paper");
    assert_int_equal(record_steps(&r, t, &steps, &e), RC_OK);
    assert_int_equal(steps.n, 1);
    core_read_end(&r);
    house_good(&kanri, "set.settings", house_obj("{\"settings\":{},\"restart\":true}"));
    core_settle(house_core);
    assert_string_equal(house_route(t), "any:open/reopened bucho open kacho open");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
}

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_of), cmocka_unit_test(all_of), cmocka_unit_test(two_of_them), cmocka_unit_test(head_of_a_person), cmocka_unit_test(far_department),
        cmocka_unit_test(one_person_in_two_steps), cmocka_unit_test(a_step_that_grows), cmocka_unit_test(back_and_away), cmocka_unit_test(voided_by_the_maker), cmocka_unit_test(voided_by_an_attachment), cmocka_unit_test(voided_by_another_record),
        cmocka_unit_test(two_approvers_at_once), cmocka_unit_test(a_hundred_times), cmocka_unit_test(a_set_that_cannot_be_read), cmocka_unit_test(the_ledger_binds_it_all),
    };
    int bad = cmocka_run_group_tests_name("routes on SQLite", tests, open_house, close_house);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("routes on PostgreSQL", tests, open_house, close_house);
}
