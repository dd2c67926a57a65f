/* bench_make: a data folder of any size for `make bench`, made by real commands through the writer, so that everything in it is true by
 * construction: routes ran, approvals bind, the ledger verifies, the projections rebuild. Deterministic content for a seed (ids of
 * records may change places, since many threads hand in at once so that one COMMIT carries many commands; blinds are random by nature).
 *
 *   bench_make [options of daicho] PEOPLE DEPARTMENTS RECORDS SEED THREADS
 *
 * Distributions (docs/BENCH.md): departments by the cube of a uniform number, names of 2 to 4 characters each part, 6 % registers and
 * 94 % applications, 1 to 4 lines each, confidentiality 10/75/15 %, 40 % of the applications returned once and mended, 15 % not
 * brought back in time, 5 % left as drafts, 5 % waiting for approval. Writes DATA_DIR/bench.json for the driver and prints what it measured. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/core.h"

#define HOUR_US (3600 * US_PER_S)
#define SETTINGS_MAX (1 << 20)
#define ASSETS_SHARE 5              /* of a hundred records; one more is a medium */
#define CHUNK 100                   /* register rows in one command of set-up */
#define USERS_MAX 64                /* people with a password and a token for the driver */
#define BUSY 3                      /* the person with five posts: the head of department 3 belongs to the last four departments, too, heads them and is their officer */
#define BUSY_MORE 4
#define WAITING 120                 /* applications that wait for her */
#define PASSWORD "Bench-2026-password"

struct plan { int64_t people, departments, records, seed, assets, media, takeouts; int threads; };
struct bench { struct core *core; TALLOC_CTX *mem; struct plan plan; int64_t *dept, *head, *person, *person_dept, *asset, *asset_level, *medium;
               pthread_mutex_t lock; int64_t next, refused, done; int64_t *sample; int64_t sample_n; };
struct rnd { uint64_t s; };

static uint64_t rnd_next(struct rnd *r)
{
    uint64_t z = (r->s += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t rnd_below(struct rnd *r, int64_t n) { return n > 0 ? (int64_t)(rnd_next(r) % (uint64_t)n) : 0; }
static bool rnd_percent(struct rnd *r, int64_t p) { return rnd_below(r, 100) < p; }
static struct rnd rnd_of(const struct plan *p, uint64_t kind, int64_t i) { return (struct rnd){(uint64_t)p->seed * 1000003u + kind * 7919u + (uint64_t)i * 2654435761u}; }

/* Few big departments and many small ones. */
static int64_t rnd_skewed(struct rnd *r, int64_t n)
{
    double u = (double)(rnd_next(r) >> 11) / 9007199254740992.0;
    return (int64_t)((double)n * u * u * u);
}

static const char *const families[] = {"佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田", "佐々木", "山口", "松本", "井上", "木村", "林", "清水", "森", "長谷川", "五十嵐", "小野寺", "東海林", "勅使河原"};
static const char *const givens[] = {"翔太", "美咲", "健", "恵子", "拓也", "由美", "浩", "亮", "直樹", "理恵", "誠一", "綾子", "さくら", "大輔", "陽子", "一", "慎太郎", "真由美", "千代", "源五郎"};
static const char *const works[] = {"販売", "購買", "人事", "経理", "広報", "品質", "物流", "研究", "法務", "保守"};
static const char *const things[] = {"名簿", "見積書", "契約書", "設計図面", "点検記録", "会計帳簿", "議事録", "調査報告書", "作業手順書", "写真"};
static const char *const places[] = {"東都商事 本社", "北海道支社", "株式会社みなと運送", "官公庁との打合せ(新宿)", "自宅", "南部工業 第二工場", "学会発表(京都)", "西日本データ・センター 監査対応"};
#define PICK(r, a) (a)[rnd_below((r), (int64_t)ARRAY_N(a))]

static void die(const char *what, const struct answer *a)
{
    fprintf(stderr, "bench_make: %s: %s %s\n", what, a ? a->err.detail : "", a && a->body ? json_text(NULL, a->body) : "");
    exit(1);
}

static const struct actor setup_actor = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};

static bool busy_in(const struct bench *b, int64_t d) { return d == BUSY || d >= b->plan.departments - BUSY_MORE; }
/* The head of a department is the person of its number, but for those of the busy one. */
static int64_t head_of(const struct bench *b, int64_t d) { return busy_in(b, d) ? BUSY : d; }

static struct answer *setup_run(struct bench *b, TALLOC_CTX *mem, const char *name, const struct json *args)
{
    struct answer *a;
    core_command(b->core, mem, &setup_actor, name, args, NULL, &a);
    if (a->rc != RC_OK)
        die(name, a);
    return a;
}

/* ---- the organisation ---- */

static const char *dept_name(TALLOC_CTX *mem, int64_t i) { return i == 0 ? "本社" : mem_fmt(mem, "%s%s%lld課", works[i % 10], i % 3 ? "" : "推進", (long long)i); }
static const char *login_of(TALLOC_CTX *mem, int64_t i) { return mem_fmt(mem, "u%05lld", (long long)i); }

static void person_into(struct bench *b, TALLOC_CTX *mem, struct json *arr, int64_t i)
{
    struct rnd r = rnd_of(&b->plan, 1, i);
    struct json *p = json_add_obj(arr);
    b->person_dept[i] = i < b->plan.departments ? i : rnd_skewed(&r, b->plan.departments);
    json_set_str(p, "name", mem_fmt(mem, "%s %s", PICK(&r, families), PICK(&r, givens)));
    json_set_str(p, "kana", "ひらがな よみ");
    json_set_str(p, "code", mem_fmt(mem, "%06lld", (long long)i));
    json_set_str(p, "login", login_of(mem, i));
    json_set_str(p, "kind", rnd_percent(&r, 85) ? "regular" : "part_time");
    json_set_str(p, "department", dept_name(mem, b->person_dept[i]));
    json_set_str(p, "joined_on", mem_fmt(mem, "20%02d-04-01", (int)(5 + rnd_below(&r, 20))));
}

static void people_chunk(struct bench *b, int64_t from, int64_t to, int64_t dept_from, int64_t dept_to)
{
    TALLOC_CTX *mem = mem_root(1 << 20);
    struct json *args = json_obj(mem), *depts = json_set_arr(args, "departments"), *people = json_set_arr(args, "people");
    for (int64_t i = dept_from; i < dept_to; i++) {
        struct json *d = json_add_obj(depts);
        json_set_str(d, "name", dept_name(mem, i));
        json_set_str(d, "code", mem_fmt(mem, "D%04lld", (long long)i));
        if (i > 0)
            json_set_str(d, "parent", dept_name(mem, i <= 20 ? 0 : i % 20 + 1));
        json_set_str(d, "head", login_of(mem, head_of(b, i)));
        json_set_str(d, "opened_on", "2010-04-01");
    }
    for (int64_t i = from; i < to; i++)
        person_into(b, mem, people, i);
    struct answer *a = setup_run(b, mem, "setup.people", args);
    const struct json *p = json_get(a->body, "people"), *d = json_get(a->body, "departments");
    for (int64_t i = from; i < to; i++)
        b->person[i] = json_get_i64(p, login_of(mem, i), 0);
    for (int64_t i = dept_from; i < dept_to; i++)
        b->dept[i] = json_get_i64(d, dept_name(mem, i), 0);
    talloc_free(mem);
}

static void organisation(struct bench *b, const char *settings_path)
{
    TALLOC_CTX *mem = mem_root(1 << 20);
    struct json *args = json_obj(mem), *settings, *org = json_set_obj(args, "organization");
    struct str text;
    struct err e = {0};
    if (file_read(mem, settings_path, SETTINGS_MAX, &text, &e) != RC_OK || json_read(mem, text, SETTINGS_MAX, &settings, &e) != RC_OK)
        die(settings_path, NULL);
    json_set_str(org, "name", "株式会社計測");
    json_set_str(org, "address", "東京都千代田区計測一丁目一番地");
    json_set_str(org, "representative", "計測 太郎");
    json_set_str(org, "fiscal_start", "4");
    json_set(args, "settings", settings);
    json_add_str(json_set_arr(args, "adopt"), "sme");
    (void)setup_run(b, mem, "setup.start", args);
    talloc_free(mem);
    int64_t n = b->plan.departments;
    for (int64_t i = 0; i < n; i += CHUNK)
        people_chunk(b, i, i + CHUNK < n ? i + CHUNK : n, i, i + CHUNK < n ? i + CHUNK : n);
    for (int64_t i = n; i < b->plan.people; i += CHUNK)
        people_chunk(b, i, i + CHUNK < b->plan.people ? i + CHUNK : b->plan.people, 0, 0);
}

static void role_add(TALLOC_CTX *mem, struct json *arr, const char *role, int64_t person, const char *department)
{
    struct json *a = json_add_obj(arr);
    json_set_str(a, "role", role);
    json_set_str(a, "person", login_of(mem, person));
    json_set_str(a, "from_on", "2024-04-01");
    if (department != NULL)
        json_set_str(a, "department", department);
}

/* Person 0 heads the whole and is the representative director; the officers are plain people, so that nobody approves for herself. */
static void roles(struct bench *b)
{
    static const char *const posts[] = {"security_officer", "it_admin", "education_officer", "incident_officer", "auditor", "sme:pni_officer", "sme:pni_staff", "sme:complaint_officer"};
    int64_t n = b->plan.departments;
    TALLOC_CTX *mem = mem_root(1 << 20);
    struct json *args = json_obj(mem), *arr = json_set_arr(args, "assignments");
    role_add(mem, arr, "top_management", 0, NULL);
    role_add(mem, arr, "administrator", n, NULL);
    for (size_t i = 0; i < ARRAY_N(posts); i++)
        role_add(mem, arr, posts[i], n + 1 + (int64_t)i, NULL);
    (void)setup_run(b, mem, "setup.roles", args);
    for (int64_t i = 0; i < n; i += CHUNK) {
        MEM_SCOPE(tmp, mem);
        struct json *more = json_obj(tmp), *list = json_set_arr(more, "assignments");
        for (int64_t k = i; k < i + CHUNK && k < n; k++)
            role_add(tmp, list, "dept_security_officer", head_of(b, k), dept_name(tmp, k));
        (void)setup_run(b, tmp, "setup.roles", more);
    }
    talloc_free(mem);
}

static char *id_text(TALLOC_CTX *mem, int64_t id) { return mem_fmt(mem, "%lld", (long long)id); }

static const char *day_text(TALLOC_CTX *mem, int64_t us)
{
    char *text = mem_alloc(mem, 1, CIVIL_TEXT_N, "char");
    civil_text(civil_of_us(us), text);
    return text;
}

static void asset_into(struct bench *b, TALLOC_CTX *mem, struct json *arr, int64_t i)
{
    struct rnd r = rnd_of(&b->plan, 2, i);
    struct json *o = json_add_obj(arr), *v = json_set_obj(o, "values");
    int64_t dept = rnd_skewed(&r, b->plan.departments), level = rnd_below(&r, 100);
    level = level < 10 ? 0 : level < 85 ? 1 : 2;
    b->asset_level[i] = level;
    json_set_str(o, "form", "asset");
    json_set_str(v, "name", mem_fmt(mem, "%s %s %05lld", PICK(&r, works), PICK(&r, things), (long long)i));
    json_set_str(v, "business", PICK(&r, works));
    json_add_str(json_set_arr(v, "user_range"), id_text(mem, b->dept[dept]));
    json_set_str(v, "owner_dept", id_text(mem, b->dept[dept]));
    json_set_str(v, "media", "server");
    json_set_str(v, "place", "ファイルサーバー");
    json_set_str(v, "keep", rnd_percent(&r, 95) ? "2031-03-31" : "2026-03-31");
    json_set_str(v, "confidentiality", level == 0 ? "c0" : level == 1 ? "c1" : "c2");
    json_set_str(v, "sme.personal", level == 2 ? "yes" : "none");
    json_set_str(v, "sme.business_impact", level == 0 ? "little" : "big");
    json_set_str(v, "sme.label", "folder");
    json_set_str(v, "sme.reviewed", day_text(mem, clock_now_us() - (rnd_percent(&r, 90) ? 100 : 500) * US_PER_DAY));
}

static void medium_into(struct bench *b, TALLOC_CTX *mem, struct json *arr, int64_t i)
{
    struct rnd r = rnd_of(&b->plan, 3, i);
    struct json *o = json_add_obj(arr), *v = json_set_obj(o, "values");
    json_set_str(o, "form", "medium");
    json_set_str(v, "code", mem_fmt(mem, "M-%06lld", (long long)i));
    json_set_str(v, "kind", "hdd");
    json_set_str(v, "usage", "backup");
    json_set_str(v, "encrypted", "yes");
    json_set_str(v, "place", "鍵付きキャビネット");
    json_set_str(v, "stocktake_on", day_text(mem, clock_now_us() - (rnd_percent(&r, 90) ? 60 : 300) * US_PER_DAY));
    json_add_str(json_set_arr(v, "sme.loss_measure"), "na");
    json_set_str(v, "sme.locked", "yes");
}

static void registers(struct bench *b)
{
    int64_t n = b->plan.assets + b->plan.media;
    for (int64_t i = 0; i < n; i += CHUNK) {
        TALLOC_CTX *mem = mem_root(1 << 20);
        struct json *args = json_obj(mem), *arr = json_set_arr(args, "records");
        for (int64_t k = i; k < i + CHUNK && k < n; k++) {
            if (k < b->plan.assets)
                asset_into(b, mem, arr, k);
            else
                medium_into(b, mem, arr, k - b->plan.assets);
        }
        (void)setup_run(b, mem, "setup.records", args);
        talloc_free(mem);
    }
}

/* What the busy one is beside her main post. */
static void postings(struct bench *b)
{
    TALLOC_CTX *mem = mem_root(1 << 16);
    struct json *args = json_obj(mem), *arr = json_set_arr(args, "records");
    for (int64_t d = b->plan.departments - BUSY_MORE; d < b->plan.departments; d++) {
        struct json *o = json_add_obj(arr), *v = json_set_obj(o, "values");
        json_set_str(o, "form", "posting");
        json_set_str(v, "person", id_text(mem, b->person[BUSY]));
        json_set_str(v, "department", id_text(mem, b->dept[d]));
        json_set_str(v, "from_on", "2024-04-01");
    }
    (void)setup_run(b, mem, "setup.records", args);
    talloc_free(mem);
}

/* Set-up's answer does not name the records it made: their ids are read back, in the order they were made. */
static void asset_ids(struct bench *b)
{
    TALLOC_CTX *mem = mem_root(1 << 16);
    struct reader r;
    struct err e = {0};
    struct db_rows *rows;
    bool more = false;
    int64_t i = 0;
    struct sql *q = sql_new(mem);
    sql_lit(q, "SELECT record FROM f_asset WHERE slot = 0 ORDER BY record");
    if (core_read_begin(b->core, mem, NULL, &r, &e) != RC_OK || db_query(r.db, mem, q, &rows, &e) != RC_OK)
        die("assets", NULL);
    while (db_next(rows, &more, &e) == RC_OK && more && i < b->plan.assets)
        b->asset[i++] = db_i64(rows, 0);
    db_rows_end(rows);
    core_read_end(&r);
    talloc_free(mem);
    if (i != b->plan.assets)
        die("assets are missing", NULL);
}

static int64_t users_n(const struct bench *b) { return b->plan.departments + 24 < USERS_MAX ? b->plan.departments + 24 : USERS_MAX; }
/* User k of the driver: first the officers and plain people, then the heads of the biggest departments; the last are those who apply to the busy one. */
static int64_t user_at(const struct bench *b, int64_t k)
{
    if (k < 24)
        return b->plan.departments + k;
    return k < users_n(b) - BUSY_MORE ? k - 24 : b->plan.departments - (users_n(b) - k);
}

static void set_up_ends(struct bench *b)
{
    TALLOC_CTX *mem = mem_root(1 << 20);
    struct json *args = json_obj(mem), *people = json_set_obj(args, "people");
    struct err e = {0};
    char *hash;
    if (crypt_password_hash(mem, PASSWORD, &hash, &e) != RC_OK)
        die("password", NULL);
    for (int64_t k = 0; k < users_n(b); k++)
        json_set_i64(people, login_of(mem, user_at(b, k)), b->person[user_at(b, k)]);
    json_set_str(args, "hash", hash);
    (void)setup_run(b, mem, "setup.passwords", args);
    args = json_obj(mem);
    json_set_i64(args, "admin", b->person[b->plan.departments]);
    json_set_str(args, "hash", hash);
    (void)setup_run(b, mem, "setup.finish", args);
    talloc_free(mem);
}

/* ---- the life of one application ---- */

struct life { struct bench *b; TALLOC_CTX *mem; struct rnd r; int64_t id, version, maker, level; };

static bool act(struct life *l, int64_t person, const char *name, struct json *args)
{
    struct actor actor = {.kind = ACTOR_PERSON, .person = person, .lang = LANG_JA, .login = "bench"};
    struct answer *a;
    if (l->id != 0) {
        json_set_i64(args, "record", l->id);
        json_set_i64(args, "version", l->version);
    }
    core_command(l->b->core, l->mem, &actor, name, args, NULL, &a);
    if (a->rc != RC_OK) {
        pthread_mutex_lock(&l->b->lock);
        if (l->b->refused++ < 5)
            fprintf(stderr, "bench_make: %s refused: %s %s\n", name, a->err.detail, json_text(l->mem, a->body));
        pthread_mutex_unlock(&l->b->lock);
        return false;
    }
    l->id = json_get_i64(a->body, "record", l->id);
    l->version = json_get_i64(a->body, "version", l->version);
    return true;
}

static const char *minute_text(TALLOC_CTX *mem, int64_t us)
{
    char *text = time_local(mem, us - us % (60 * US_PER_S));
    return text;
}

static struct json *takeout_values(struct life *l, struct json *args)
{
    struct bench *b = l->b;
    struct json *v = json_set_obj(args, "values"), *items = json_set_arr(v, "items");
    int64_t late = rnd_percent(&l->r, 15), from = clock_now_us() + (late ? -30 - rnd_below(&l->r, 300) : 1 + rnd_below(&l->r, 20)) * US_PER_DAY;
    int64_t lines = 1 + rnd_below(&l->r, 4);
    l->level = 0;
    json_set_str(v, "dest", mem_fmt(l->mem, "%s %lld", PICK(&l->r, places), (long long)rnd_below(&l->r, 10000)));
    json_set_str(v, "purpose", rnd_percent(&l->r, 50) ? "打合せの資料として使うため" : "現地での点検と説明に使い、終わり次第、持ち帰って担当者が保管場所に戻すため");
    json_set_str(v, "from_at", minute_text(l->mem, from));
    json_set_str(v, "to_at", minute_text(l->mem, from + (1 + rnd_below(&l->r, 9)) * US_PER_DAY));
    for (int64_t i = 0; i < lines; i++) {
        struct json *row = json_add_obj(items);
        int64_t a = rnd_below(&l->r, b->plan.assets);
        json_set_str(row, "asset", id_text(l->mem, b->asset[a]));
        json_set_str(row, "medium", rnd_percent(&l->r, 60) ? "paper" : "laptop");
        json_set_str(row, "encrypted", "yes");
        l->level = b->asset_level[a] > l->level ? b->asset_level[a] : l->level;
    }
    json_add_str(json_set_arr(v, "sme.watch"), "near");
    json_set_str(v, "sme.pni_use", "no");
    return v;
}

/* Who approves: the head of the maker's department, the representative director for 極秘; a head's own go one further up. */
static int64_t approver(const struct life *l)
{
    const struct bench *b = l->b;
    int64_t d = b->person_dept[l->maker];
    if (l->level == 2)
        return b->person[0];
    if (l->maker != head_of(b, d))
        return b->person[head_of(b, d)];
    return b->person[d == 0 || d <= 20 ? 0 : d % 20 + 1];
}

static bool returned_and_mended(struct life *l)
{
    struct json *args = json_obj(l->mem);
    json_set_str(args, "comment", "目的をもう少し詳しく書いてください。");
    if (!act(l, approver(l), "record.return", args))
        return false;
    args = json_obj(l->mem);
    json_set_str(json_set_obj(args, "values"), "purpose", "取引先との打合せで説明に使うため(日時と相手は別紙のとおり)");
    if (!act(l, l->b->person[l->maker], "record.save", args))
        return false;
    return act(l, l->b->person[l->maker], "record.submit", json_obj(l->mem));
}

/* What waits for the busy one is made by the people of the last departments, whose numbers they have. */
static void live(struct bench *b, int64_t i)
{
    TALLOC_CTX *mem = mem_root(1 << 17);
    struct life l = {.b = b, .mem = mem, .r = rnd_of(&b->plan, 4, i)};
    struct json *args = json_obj(mem), *v;
    bool waits = i >= b->plan.takeouts - WAITING;
    int64_t fate = waits ? 9 : rnd_below(&l.r, 100);
    l.maker = waits ? b->plan.departments - 1 - i % BUSY_MORE : 1 + rnd_below(&l.r, b->plan.people - 1);
    bool late = rnd_percent(&l.r, 16);
    json_set_str(args, "form", "takeout");
    (void)takeout_values(&l, args);
    json_set_bool(args, "submit", fate >= 5);
    bool ok = act(&l, b->person[l.maker], "record.create", args);
    if (ok && fate >= 5 && !waits && l.level > 0 && rnd_percent(&l.r, 40))
        ok = returned_and_mended(&l);
    if (ok && fate >= 10 && l.level > 0)
        ok = act(&l, approver(&l), "record.approve", json_obj(mem));
    if (ok && fate >= 10 && !late) {                                     /* brought back: checked by the head first, then closed */
        v = json_set_obj(args = json_obj(mem), "values");
        json_add_str(json_set_arr(v, "sme.return_check"), "all");
        ok = act(&l, b->person[l.maker], "record.fill", args);
    }
    if (ok && fate >= 10 && !late) {
        json_set_str(json_set_obj(args = json_obj(mem), "values"), "returned_at", minute_text(mem, clock_now_us() - HOUR_US));
        ok = act(&l, b->person[l.maker], "record.fill", args);
    }
    pthread_mutex_lock(&b->lock);
    b->done++;
    if (l.id != 0)
        b->sample[i] = l.id;
    pthread_mutex_unlock(&b->lock);
    talloc_free(mem);
}

static void *liver(void *arg)
{
    struct bench *b = arg;
    for (;;) {
        pthread_mutex_lock(&b->lock);
        int64_t i = b->next < b->plan.takeouts ? b->next++ : -1;
        if (i >= 0 && i % 20000 == 0)
            fprintf(stderr, "bench_make: %lld of %lld\n", (long long)i, (long long)b->plan.takeouts);
        pthread_mutex_unlock(&b->lock);
        if (i < 0)
            return NULL;
        live(b, i);
    }
}

static void applications(struct bench *b)
{
    pthread_t *t = mem_array(b->mem, pthread_t, (size_t)b->plan.threads);
    for (int k = 0; k < b->plan.threads; k++)
        if (pthread_create(&t[k], NULL, liver, b) != 0)
            die("thread", NULL);
    for (int k = 0; k < b->plan.threads; k++)
        pthread_join(t[k], NULL);
}

/* ---- what the driver needs, and what was made ---- */

static int64_t one_number(struct bench *b, TALLOC_CTX *mem, int which)
{
    struct reader r;
    struct err e = {0};
    struct db_rows *rows;
    bool more = false;
    int64_t n = -1;
    struct sql *q = sql_new(mem);
    if (which == 0)
        sql_lit(q, "SELECT count(*) FROM record");
    else if (which == 1)
        sql_lit(q, "SELECT count(*) FROM revision");
    else if (which == 2)
        sql_lit(q, "SELECT count(*) FROM ledger");
    else if (which == 3)
        sql_lit(q, "SELECT count(*) FROM task WHERE state = 'open'");
    else
        sql_lit(q, "SELECT count(*) FROM verdict");
    if (core_read_begin(b->core, mem, NULL, &r, &e) != RC_OK)
        return -1;
    if (db_query(r.db, mem, q, &rows, &e) == RC_OK) {
        if (db_next(rows, &more, &e) == RC_OK && more)
            n = db_i64(rows, 0);
        db_rows_end(rows);
    }
    core_read_end(&r);
    return n;
}

static void report(struct bench *b, const char *data_dir, double took)
{
    static const char *const names[] = {"records", "revisions", "entries", "open_tasks", "verdicts"};
    TALLOC_CTX *mem = mem_root(1 << 20);
    struct json *o = json_obj(mem), *users = json_set_arr(o, "users"), *ids = json_set_arr(o, "takeouts"), *assets = json_set_arr(o, "assets");
    struct err e = {0};
    json_set_i64(o, "seed", b->plan.seed);
    json_set_i64(o, "people", b->plan.people);
    json_set_i64(o, "departments", b->plan.departments);
    json_set_i64(o, "seconds", (int64_t)took);
    json_set_str(o, "password", PASSWORD);
    for (int k = 0; k < 5; k++)
        json_set_i64(o, names[k], one_number(b, mem, k));
    for (int64_t k = 0; k < users_n(b); k++) {
        struct actor actor = {.kind = ACTOR_PERSON, .person = b->person[user_at(b, k)], .lang = LANG_JA, .login = "bench", .proof_us = clock_now_us() /* a token is made by who has just proved who is there */};
        struct json *u = json_add_obj(users), *args = json_obj(mem);
        struct answer *a;
        char *token = crypt_token(mem);
        json_set_str(args, "name", "bench");
        json_set_i64(args, "days", 366);
        json_set_str(args, "token", token);
        core_command(b->core, mem, &actor, "token.make", args, NULL, &a);
        b->refused += a->rc != RC_OK;
        json_set_str(u, "login", login_of(mem, user_at(b, k)));
        json_set_i64(u, "person", actor.person);
        json_set_bool(u, "head", head_of(b, b->person_dept[user_at(b, k)]) == user_at(b, k));
        json_set_bool(u, "busy", user_at(b, k) == BUSY);
        json_set_i64(u, "department", b->person_dept[user_at(b, k)]);
        json_set_str(u, "token", token);
    }
    json_set_i64(o, "refused", b->refused);
    for (int64_t i = 0; i < b->plan.takeouts; i += b->plan.takeouts / 2000 + 1)
        if (b->sample[i] != 0)
            json_add_i64(ids, b->sample[i]);
    for (int64_t i = 0; i < b->plan.assets && i < 500; i++)
        if (b->asset_level[i] == 1)
            json_add_i64(assets, b->asset[i]);
    char *text = json_text(mem, o);
    if (file_write_atomic(file_join(mem, data_dir, "bench.json"), text, strlen(text), 0600, &e) != RC_OK)
        die("bench.json", NULL);
    printf("people %lld, departments %lld, records %lld, revisions %lld, ledger entries %lld, open tasks %lld, verdicts %lld, refused %lld, %.1f s\n", (long long)b->plan.people,
           (long long)b->plan.departments, (long long)json_get_i64(o, "records", 0), (long long)json_get_i64(o, "revisions", 0), (long long)json_get_i64(o, "entries", 0),
           (long long)json_get_i64(o, "open_tasks", 0), (long long)json_get_i64(o, "verdicts", 0), (long long)b->refused, took);
    talloc_free(mem);
}

int main(int argc, char **argv)
{
    struct bench b = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct conf *conf;
    struct err e = {0};
    int rest;
    int64_t v[5];
    mem_init();
    if (crypt_init(&e) != RC_OK || conf_read(NULL, argc - 1, argv + 1, &conf, &rest, &e) != RC_OK || argc - 1 - rest != 5) {
        fprintf(stderr, "usage: bench_make [options of daicho] PEOPLE DEPARTMENTS RECORDS SEED THREADS\n%s\n", e.detail);
        return 2;
    }
    for (int i = 0; i < 5; i++)
        if (!str_to_i64(str_of(argv[1 + rest + i]), &v[i]) || v[i] < 1)
            die("a number is wrong", NULL);
    b.plan = (struct plan){.people = v[0], .departments = v[1], .records = v[2], .seed = v[3], .threads = (int)v[4], .assets = v[2] * ASSETS_SHARE / 100, .media = v[2] / 100};
    if (b.plan.people < b.plan.departments + 24 || b.plan.departments < 25 || b.plan.assets < 10)
        die("at least 25 departments, 24 people more than departments, 200 records", NULL);
    b.plan.takeouts = b.plan.records - b.plan.assets - b.plan.media;
    b.mem = talloc_new(NULL);
    b.dept = mem_array(b.mem, int64_t, (size_t)v[1]);
    b.person = mem_array(b.mem, int64_t, (size_t)v[0]);
    b.person_dept = mem_array(b.mem, int64_t, (size_t)v[0]);
    b.asset = mem_array(b.mem, int64_t, (size_t)b.plan.assets);
    b.asset_level = mem_array(b.mem, int64_t, (size_t)b.plan.assets);
    b.sample = mem_array(b.mem, int64_t, (size_t)b.plan.takeouts);
    if (core_open(NULL, conf, &b.core, &e) != RC_OK)
        die(e.detail, NULL);
    int64_t t0 = clock_mono_us();
    organisation(&b, file_join(b.mem, conf->examples_dir, "kita/settings.json"));
    roles(&b);
    registers(&b);
    postings(&b);
    asset_ids(&b);
    set_up_ends(&b);
    fprintf(stderr, "bench_make: set-up in %.1f s\n", (double)(clock_mono_us() - t0) / 1e6);
    applications(&b);
    core_settle(b.core);
    report(&b, conf->data_dir, (double)(clock_mono_us() - t0) / 1e6);
    core_close(b.core);
    talloc_free(b.mem);
    return 0;
}
