/* Who stands in for whom: deputies, somebody outside who answers by letter, approval ahead with a look later, and offices where nobody
 * else is there. Nothing of it is a way around the separation of duties. Posts: ra kacho, rb bucho. */
#include "house.h"

static int64_t paper(const char *login, const char *way)
{
    return house_make(login, "rt_paper", mem_fmt(house_mem, "{\"subject\":\"件名\",\"way\":\"%s\"}", way), NULL);
}

static const char *approve(const char *login, int64_t record) { return house_act(login, "record.approve", record, NULL); }

static const char *day(int from_today)
{
    char *text = mem_alloc(house_mem, 1, CIVIL_TEXT_N, "char");
    civil_text(civil_from_days(civil_days(civil_of_us(clock_now_us())) + from_today), text);
    return text;
}

/* Registers a delegation; its record, or 0 with the refusal's code. */
static int64_t deputy(const char *by, const char *from, const char *to, const char *role, int from_day, int until_day, const char **ret_code)
{
    struct json *v = json_obj(house_mem);
    json_set_i64(v, "from_person", house_person(from));
    json_set_i64(v, "to_person", house_person(to));
    json_set_str(v, "role", role);
    json_set_str(v, "from_on", day(from_day));
    json_set_str(v, "until_on", day(until_day));
    json_set_str(v, "reason", "出張");
    return house_make(by, "delegation", json_text(house_mem, v), ret_code);
}

static void end_of(int64_t delegation) { assert_string_equal(house_act("kanri", "record.void", delegation, NULL), "ok"); }

/* The last act of a record: "kind actor=principal". */
static void last_act(int64_t record, const char *kind, const char *actor, const char *for_whom)
{
    struct reader r = house_reading("kanri");
    struct act_infos all = VEC_INIT(house_mem);
    struct err e = {0};
    assert_int_equal(record_acts(&r, record, &all, &e), RC_OK);
    assert_string_equal(all.v[0].kind, kind);
    assert_int_equal(all.v[0].actor, house_person(actor));
    assert_int_equal(all.v[0].on_behalf, for_whom ? house_person(for_whom) : 0);
    core_read_end(&r);
}

static bool waits_for(const char *login, int64_t record, int64_t *ret_for)
{
    struct reader r = house_reading(login);
    struct waitings all = VEC_INIT(house_mem);
    struct err e = {0};
    bool found = false;
    assert_int_equal(route_waiting_for_me(&r, 200, &all, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].record == record) {
            found = true;
            *ret_for = all.v[i].on_behalf;
        }
    core_read_end(&r);
    return found;
}

/* ---- deputies ---- */

static void a_deputy_acts(void **state)
{
    int64_t whose;
    (void)state;
    int64_t t = paper("suzuki", "chain");
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");
    int64_t d = deputy("kacho", "kacho", "sato", NULL, 0, 3, NULL);               /* registered after the step opened */
    assert_string_equal(house_state(d), "approved/-");
    assert_true(waits_for("sato", t, &whose));
    assert_int_equal(whose, house_person("kacho"));
    assert_string_equal(approve("sato", t), "ok");
    last_act(t, "approve", "sato", "kacho");
    assert_string_equal(house_route(t), "first:done kacho free sato=kacho done second:open bucho open third:waiting");
    struct reader r = house_reading("suzuki");
    struct step_infos steps = VEC_INIT(house_mem);
    struct err e = {0};
    assert_int_equal(record_steps(&r, t, &steps, &e), RC_OK);
    for (size_t k = 0; k < steps.v[0].who_n; k++)
        assert_true((strstr(steps.v[0].who[k].post, "代理") != NULL) == (steps.v[0].who[k].person == house_person("sato")));
    core_read_end(&r);
    assert_false(waits_for("sato", t, &whose));
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_route(t), "first:done kacho free sato=kacho done second:done bucho done third:open kacho open");    /* kacho has not acted */
    end_of(d);
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");                 /* ended: at once */
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
}

static void within_dates_and_scope(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain");
    int64_t past = deputy("kacho", "kacho", "sato", NULL, -9, -1, NULL), later = deputy("kacho", "kacho", "sato", NULL, 1, 9, NULL);
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");
    int64_t narrow = deputy("kacho", "kacho", "sato", "routes:rc", 0, 9, NULL);
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");                 /* another post of kacho's */
    int64_t fits = deputy("kacho", "kacho", "sato", "routes:ra", 0, 9, NULL);
    int64_t whole = house_make("suzuki", "takeout", "{\"destination\":\"客先\",\"return_on\":\"2030-01-01\"}", NULL);
    assert_string_equal(approve("sato", whole), "ERR_RECORD_MISSING");            /* a head's step, which was not delegated: not even seen */
    assert_string_equal(approve("sato", t), "ok");
    end_of(past), end_of(later), end_of(narrow), end_of(fits);
}

static void no_way_around(void **state)
{
    const char *code;
    (void)state;
    int64_t d = deputy("kacho", "kacho", "suzuki", NULL, 0, 9, NULL);
    int64_t t = paper("suzuki", "chain");
    assert_string_equal(approve("suzuki", t), "ERR_SELF_APPROVAL");               /* A delegates to B, B applies, B approves as A */
    assert_string_equal(house_code_of(house_ask("suzuki", "record.approve", t, mem_fmt(house_mem, "{\"on_behalf\":%lld}", (long long)house_person("kacho")))), "ERR_SELF_APPROVAL");
    assert_string_equal(house_act("suzuki", "record.ahead", t, NULL), "ERR_SELF_APPROVAL");
    int64_t own = paper("kacho", "any");
    assert_string_equal(approve("suzuki", own), "ERR_NOT_YOUR_STEP");             /* the maker has no seat that a deputy could take */
    struct actor forged = house_as("sato");
    forged.on_behalf = house_person("kacho");
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "record", t);
    assert_string_equal(house_code_of(house_say(&forged, "record.approve", args)), "ERR_NOT_YOUR_STEP");                   /* nobody says for whom but a delegation */
    forged = house_as("kacho");
    forged.on_behalf = house_person("bucho");
    assert_string_equal(house_code_of(house_say(&forged, "record.approve", args)), "ok");
    last_act(t, "approve", "kacho", NULL);
    (void)deputy("suzuki", "suzuki", "kacho", NULL, 2, 5, &code);
    assert_string_equal(code, "ERR_DELEGATION");                                  /* a loop of two */
    int64_t second = deputy("suzuki", "suzuki", "sato", NULL, 0, 9, NULL);
    (void)deputy("sato", "sato", "kacho", NULL, 9, 20, &code);
    assert_string_equal(code, "ERR_DELEGATION");                                  /* a loop of three that meets on one day */
    int64_t apart = deputy("sato", "sato", "kacho", NULL, 10, 20, NULL);
    t = paper("bucho", "any");
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");                 /* a deputy's deputy */
    (void)deputy("sato", "sato", "sato", NULL, 0, 1, &code);
    assert_string_not_equal(code, "ok");
    (void)deputy("sekinin", "sekinin", "sato", NULL, 5, 1, &code);
    assert_string_not_equal(code, "ok");
    int64_t it = house_make("kanri", "assignment", "{\"person\":\"佐藤\",\"role\":\"it_admin\",\"from_on\":\"2026-01-01\"}", NULL);
    (void)deputy("kansa", "kansa", "sato", NULL, 0, 9, &code);
    assert_string_equal(code, "ERR_EXCLUSIVE_ROLE");                              /* an auditor's post to a system administrator */
    assert_string_equal(house_act("kanri", "record.void", it, NULL), "ok");
    end_of(d), end_of(second), end_of(apart);
}

static void registered_by_another(void **state)
{
    (void)state;
    int64_t d = deputy("kanri", "kacho", "sato", NULL, 0, 9, NULL), t = paper("suzuki", "chain");
    assert_string_equal(house_route(d), "superior:open/climbed bucho open");      /* somebody above the person agrees */
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(approve("bucho", d), "ok");
    assert_string_equal(approve("sato", t), "ok");
    end_of(d);
}

static void one_person_counts_once(void **state)
{
    (void)state;
    int64_t a = deputy("kacho", "kacho", "sato", NULL, 0, 9, NULL), b = deputy("bucho", "bucho", "sato", NULL, 0, 9, NULL), c = deputy("bucho", "bucho", "kacho", NULL, 0, 9, NULL);
    int64_t t = paper("suzuki", "two");
    assert_string_equal(house_code_of(house_ask("sato", "record.approve", t, mem_fmt(house_mem, "{\"on_behalf\":%lld}", (long long)house_person("kacho")))), "ok");
    last_act(t, "approve", "sato", "kacho");
    assert_string_equal(approve("sato", t), "ERR_DISTINCT");                      /* deputy of both: still one person */
    assert_string_equal(approve("kacho", t), "ERR_DISTINCT");                     /* kacho's vote was given by the deputy */
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    t = paper("suzuki", "distinct");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_route(t), "first:done kacho done other:open/climbed bucho open");
    assert_string_equal(approve("kacho", t), "ERR_DISTINCT");                     /* nor as bucho's deputy */
    assert_string_equal(approve("sato", t), "ok");
    end_of(a), end_of(b), end_of(c);
}

/* ---- letters ---- */

static const char *letter(const char *login, int64_t record, int64_t scan, const char *answer)
{
    return house_code_of(house_ask(login, "record.letter", record, mem_fmt(house_mem, "{\"attachment\":%lld,\"answer\":\"%s\"}", (long long)scan, answer)));
}

static void answered_by_letter(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "outside"), other = paper("suzuki", "outside");
    assert_string_equal(house_route(t), "client:open/outside");
    assert_int_equal(house_tasks(t, "core:outside", "suzuki"), 1);
    assert_string_equal(approve("kacho", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(letter("suzuki", t, 0, "approve"), "ERR_ATTACHMENT");     /* without the scan there is no letter */
    int64_t scan = house_attach("suzuki", t, "回答.pdf", "%PDF-1.7 回答"), foreign = house_attach("suzuki", other, "回答.pdf", "%PDF-1.7 別件");
    assert_string_equal(letter("suzuki", t, foreign, "approve"), "ERR_ATTACHMENT");
    assert_string_equal(letter("suzuki", t, scan, "maybe"), "ERR_FIELDS");
    assert_string_equal(letter("sato", t, scan, "approve"), "ERR_DENIED");
    assert_string_equal(letter("suzuki", t, scan, "approve"), "ok");
    assert_string_equal(house_route(t), "client:open/letter-approve kacho open suzuki recorded");
    assert_int_equal(house_tasks(t, "core:outside", NULL), 0);
    assert_string_equal(letter("suzuki", t, scan, "approve"), "ERR_STATE");
    assert_string_equal(approve("suzuki", t), "ERR_SELF_APPROVAL");
    assert_string_equal(approve("sato", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(house_act("kacho", "record.return", t, NULL), "ok");      /* the scan does not say so */
    assert_string_equal(house_route(t), "client:open/outside");
    assert_int_equal(house_tasks(t, "core:outside", "suzuki"), 1);
    assert_string_equal(letter("suzuki", t, scan, "approve"), "ok");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
}

static void the_recorder_does_not_confirm(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "outside");
    int64_t task = house_attach("suzuki", t, "回答.pdf", "%PDF-1.7 不可");
    assert_string_equal(letter("suzuki", t, task, "reject"), "ok");
    assert_string_equal(house_act("kacho", "record.return", t, NULL), "ok");
    assert_string_equal(letter("kacho", t, task, "reject"), "ERR_DENIED");        /* in no open seat any more */
    assert_string_equal(letter("suzuki", t, task, "reject"), "ok");
    assert_string_equal(house_act("kacho", "record.reject", t, NULL), "ERR_STATE");
    assert_string_equal(approve("kacho", t), "ok");                               /* confirms that the letter says no */
    assert_string_equal(house_state(t), "draft/rejected");
    t = paper("kacho", "outside");
    task = house_attach("kacho", t, "回答.pdf", "%PDF-1.7 戻し");
    assert_string_equal(letter("kacho", t, task, "return"), "ok");
    assert_string_equal(house_route(t), "client:open/letter-return bucho open kacho recorded");                            /* not the applicant, not the recorder */
    assert_string_equal(approve("kacho", t), "ERR_SELF_APPROVAL");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "draft/returned");
}

/* A scan is no new ground for what was approved before; who approved before may record, and then does not confirm. */
static void a_letter_after_approvals(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "both");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_route(t), "first:done kacho done client:open/outside");
    int64_t scan = house_attach("suzuki", t, "回答.pdf", "%PDF-1.7 回答");
    assert_string_equal(house_route(t), "first:done kacho done client:open/outside");
    assert_string_equal(letter("kacho", t, scan, "approve"), "ok");
    assert_string_equal(house_route(t), "first:done kacho done client:open/letter-approve bucho open kacho recorded");
    assert_string_equal(approve("kacho", t), "ERR_NOT_YOUR_STEP");
    assert_string_equal(approve("bucho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
}

/* ---- approval ahead ---- */

static void looked_at_later(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain");
    assert_string_equal(house_act("sato", "record.ahead", t, NULL), "ERR_NOT_YOUR_STEP");
    assert_string_equal(house_act("shacho", "record.ahead", t, NULL), "ERR_NOT_YOUR_STEP");                                /* not the next above */
    assert_string_equal(house_code_of(house_ask("bucho", "record.ahead", t, "{\"comment\":\"\"}")), "ERR_REASON");
    assert_string_equal(house_act("bucho", "record.ahead", t, NULL), "ok");       /* bucho answers for the second step */
    assert_string_equal(house_route(t), "first:ahead/ahead bucho ahead kacho later second:done bucho done third:open kacho open");
    assert_int_equal(house_tasks(t, "core:later", "kacho"), 1);
    assert_string_equal(house_act("bucho", "record.ahead", t, NULL), "ok");       /* kacho's superior */
    assert_string_equal(house_state(t), "approved/-");
    assert_int_equal(house_tasks(t, "core:later", "kacho"), 2);
    assert_string_equal(house_act("bucho", "record.countersign", t, NULL), "ERR_STATE");
    assert_string_equal(house_act("suzuki", "record.countersign", t, NULL), "ERR_STATE");
    assert_string_equal(house_act("kacho", "record.countersign", t, NULL), "ok");
    last_act(t, "countersign", "kacho", NULL);
    assert_int_equal(house_tasks(t, "core:later", NULL), 0);
    assert_string_equal(house_route(t), "first:done/ahead bucho ahead kacho done second:done bucho done third:done/ahead bucho ahead kacho done");
    assert_string_equal(house_act("kacho", "record.countersign", t, NULL), "ERR_STATE");
}

static void withdrawn_after_ahead(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain");
    assert_string_equal(house_act("bucho", "record.ahead", t, NULL), "ok");
    assert_string_equal(house_act("suzuki", "record.withdraw", t, NULL), "ok");
    assert_int_equal(house_tasks(t, "core:later", NULL), 0);                      /* nothing is left to look at */
    t = paper("suzuki", "outside");
    assert_string_equal(house_act("kacho", "record.ahead", t, NULL), "ERR_NOT_YOUR_STEP");                                 /* nobody answers ahead for an outsider */
    assert_string_equal(house_act("suzuki", "record.withdraw", t, NULL), "ok");
    assert_int_equal(house_tasks(t, "core:outside", NULL), 0);
}

/* What a revision in force still owes does not go away with a later draft. */
static void a_later_draft_takes_nothing_away(void **state)
{
    (void)state;
    int64_t t = paper("suzuki", "chain");
    assert_string_equal(house_act("bucho", "record.ahead", t, NULL), "ok");
    assert_string_equal(approve("kacho", t), "ok");
    assert_string_equal(house_state(t), "approved/-");
    assert_int_equal(house_tasks(t, "core:later", "kacho"), 1);
    assert_string_equal(house_act("suzuki", "record.save", t, "{\"subject\":\"改訂\"}"), "ok");
    assert_string_equal(house_act("suzuki", "record.submit", t, NULL), "ok");
    assert_string_equal(house_act("bucho", "record.ahead", t, NULL), "ok");
    assert_int_equal(house_tasks(t, "core:later", "kacho"), 2);
    assert_string_equal(house_act("suzuki", "record.withdraw", t, NULL), "ok");
    assert_int_equal(house_tasks(t, "core:later", "kacho"), 1);                   /* of the revision in force */
    assert_string_equal(house_act("kacho", "record.countersign", t, NULL), "ok");
    assert_int_equal(house_tasks(t, "core:later", NULL), 0);
}

static void it_is_all_in_the_ledger(void **state) { (void)state; house_holds(); }

static bool on_pg;
static int open_house(void **state) { (void)state; return house_open_routes(on_pg); }
static int close_house(void **state) { (void)state; return house_end(); }

int main(void)
{
    mem_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deputy_acts), cmocka_unit_test(within_dates_and_scope), cmocka_unit_test(no_way_around), cmocka_unit_test(registered_by_another),
        cmocka_unit_test(one_person_counts_once), cmocka_unit_test(answered_by_letter), cmocka_unit_test(the_recorder_does_not_confirm), cmocka_unit_test(a_letter_after_approvals), cmocka_unit_test(looked_at_later),
        cmocka_unit_test(withdrawn_after_ahead), cmocka_unit_test(a_later_draft_takes_nothing_away), cmocka_unit_test(it_is_all_in_the_ledger),
    };
    int bad = cmocka_run_group_tests_name("stand-ins on SQLite", tests, open_house, close_house);
    on_pg = true;
    return bad + cmocka_run_group_tests_name("stand-ins on PostgreSQL", tests, open_house, close_house);
}
