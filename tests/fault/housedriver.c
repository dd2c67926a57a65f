/* Drives the house itself (core, without HTTP) for the fault tests; started from the source root.
 *
 *   housedriver make DIR [URL]                            a small house from tests/core/packs
 *   housedriver write DIR ACK THREADS N FIRST [URL]       N records by THREADS threads, keys k<FIRST>...; each answer goes to ACK as a line
 *                                                         "k12 ok RECORD SEQ" or "k12 CODE" after it was given
 *   housedriver check DIR ACK [URL]                       opens, verifies, compares with ACK; one line of JSON
 *   housedriver attach DIR RECORD TEXT NAME [URL]         attaches a file with this text
 *   housedriver assets DIR N [URL]                        a house with N records that a daily schedule asks something about
 *   housedriver issue DIR N [URL]                         opens and waits for the tasks of today; killed (-9) by itself when some of N are there */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/core_int.h"

static struct conf conf = {.workers = 4, .packs_dir = "tests/core/packs", .public_url = "", .highwater_dir = ""};
static struct core *core;
static TALLOC_CTX *root;

static void die(const char *what, const struct err *e)
{
    printf("{\"refused\": \"%s\"}\n", err_info(e->code)->name);
    fprintf(stderr, "housedriver: %s: %s %s\n", what, err_info(e->code)->name, e->detail);
    fflush(stdout);
    _exit(3);
}

static void house(const char *dir, const char *url)
{
    struct err e = {0};
    conf.data_dir = dir;
    conf.db_url = url;
    if (core_open(root, &conf, &core, &e) != RC_OK)
        die("open", &e);
}

static struct json *obj(TALLOC_CTX *mem, const char *text)
{
    struct json *j;
    struct err e = {0};
    if (json_read(mem, str_of(text), 1 << 20, &j, &e) != RC_OK)
        die(text, &e);
    return j;
}

static struct answer *say(TALLOC_CTX *mem, const struct actor *a, const char *name, const struct json *args, const char *key)
{
    struct answer *ans;
    core_command(core, mem, a, name, args, key, &ans);
    return ans;
}

static int64_t person_of(const char *login)
{
    struct reader r;
    struct err e = {0};
    struct q_login_by_name row;
    bool found;
    if (core_read_begin(core, root, NULL, &r, &e) != RC_OK || q_login_by_name(r.db, root, login, &row, &found, &e) != RC_OK || !found)
        die(login, &e);
    int64_t id = row.person;
    core_read_end(&r);
    return id;
}

static int make(const char *dir, const char *adopt, const char *url)
{
    const char *const steps[][2] = {
        {"setup.start", mem_fmt(root, "{\"adopt\":%s,\"organization\":{\"name\":\"試験商会\"}}", adopt)},
        {"setup.people", "{\"departments\":[{\"name\":\"本社\",\"head\":\"shacho\"},{\"name\":\"営業部\",\"parent\":\"本社\",\"head\":\"bucho\"}],"
                         "\"people\":[{\"name\":\"社長\",\"login\":\"shacho\",\"department\":\"本社\"},{\"name\":\"部長\",\"login\":\"bucho\",\"department\":\"営業部\"},"
                         "{\"name\":\"鈴木\",\"login\":\"suzuki\",\"department\":\"営業部\"},{\"name\":\"管理\",\"login\":\"kanri\",\"department\":\"本社\"}]}"},
        {"setup.roles", "{\"assignments\":[{\"person\":\"kanri\",\"role\":\"administrator\"}]}"}};
    const struct actor setup = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};
    struct json *people = NULL, *end = json_obj(root);
    char *hash;
    struct err e = {0};
    house(dir, url);
    for (size_t i = 0; i < ARRAY_N(steps); i++) {
        struct answer *ans = say(root, &setup, steps[i][0], obj(root, steps[i][1]), NULL);
        if (ans->rc != RC_OK)
            die(json_text(root, ans->body), &ans->err);
        if (i == 1)
            people = obj(root, json_text(root, json_get(ans->body, "people")));
    }
    if (crypt_password_hash(root, "Himitsu-no-kagi-1", &hash, &e) != RC_OK)
        die("password", &e);
    json_set_i64(end, "admin", json_get_i64(people, "kanri", 0));
    json_set_str(end, "hash", hash);
    struct answer *ans = say(root, &setup, "setup.finish", end, NULL);
    if (ans->rc != RC_OK)
        die("finish", &ans->err);
    core_settle(core);
    core_close(core);
    return 0;
}

struct job { int first, n, ack; int64_t person; };

/* A file on the record that was just made, every second time the same bytes; acknowledged as a<key> with the attachment's id. */
static void attach(TALLOC_CTX *mem, const struct actor *a, const struct job *j, int64_t record, int i)
{
    struct err e = {0};
    char *path = attach_tmp_path(core, mem), *text = mem_fmt(mem, "%%PDF-1.7 %d", i / 2);
    if (record == 0 || file_write_atomic(path, text, strlen(text), 0600, &e) != RC_OK)
        return;
    struct json *args = obj(mem, mem_fmt(mem, "{\"record\":%lld,\"name\":\"見積.pdf\",\"path\":\"%s\"}", (long long)record, path));
    struct answer *ans = say(mem, a, "attach.add", args, mem_fmt(mem, "a%d", i));
    if (ans->rc != RC_OK)
        return;
    char *line = mem_fmt(mem, "a%d ok %lld %lld\n", i, (long long)json_get_i64(ans->body, "attachment", 0), (long long)ans->seq);
    if (write(j->ack, line, strlen(line)) < 0)
        abort();
}

static void *writer(void *arg)
{
    const struct job *j = arg;
    const struct actor a = {.kind = ACTOR_PERSON, .person = j->person, .lang = LANG_JA, .login = "suzuki"};
    for (int i = j->first; i < j->first + j->n; i++) {
        TALLOC_CTX *mem = mem_root(0);
        char *key = mem_fmt(mem, "k%d", i);
        struct json *args = obj(mem, mem_fmt(mem, "{\"form\":\"takeout\",\"submit\":true,\"values\":{\"destination\":\"客先%s\",\"return_on\":\"2030-01-01\"}}", key));
        struct answer *ans = say(mem, &a, "record.create", args, key);
        char *line = ans->rc == RC_OK ? mem_fmt(mem, "%s ok %lld %lld\n", key, (long long)json_get_i64(ans->body, "record", 0), (long long)ans->seq)
                                      : mem_fmt(mem, "%s %s\n", key, err_info(ans->err.code)->name);
        if (write(j->ack, line, strlen(line)) < 0)
            abort();
        if (getenv("HOUSEDRIVER_ATTACH") != NULL && ans->rc == RC_OK)
            attach(mem, &a, j, json_get_i64(ans->body, "record", 0), i);
        talloc_free(mem);
    }
    return NULL;
}

static int write_all(const char *dir, const char *ack, int threads, int n, int first, const char *url)
{
    pthread_t thread[64];
    struct job job[64];
    house(dir, url);
    int fd = open(ack, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int64_t person = person_of("suzuki");
    for (int i = 0; i < threads && i < 64; i++) {
        job[i] = (struct job){.first = first + i * (n / threads), .n = n / threads, .ack = fd, .person = person};
        if (pthread_create(&thread[i], NULL, writer, &job[i]) != 0)
            abort();
    }
    for (int i = 0; i < threads && i < 64; i++)
        pthread_join(thread[i], NULL);
    core_settle(core);
    core_close(core);
    return 0;
}

/* ---- what is there afterwards ---- */

static bool answered(struct reader *r, const char *key, int64_t *ret_seq)
{
    struct q_answered_get row;
    bool found;
    struct err e = {0};
    if (q_answered_get(r->db, r->mem, key, &row, &found, &e) != RC_OK)
        die("answered", &e);
    *ret_seq = found ? row.seq : -1;
    return found;
}

static int64_t number(struct reader *r, struct sql *s)
{
    struct db_rows *rows;
    struct err e = {0};
    bool more = false;
    if (db_query(r->db, r->mem, s, &rows, &e) != RC_OK || db_next(rows, &more, &e) != RC_OK || !more)
        die("count", &e);
    int64_t n = db_i64(rows, 0);
    db_rows_end(rows);
    return n;
}

/* The bytes of an acknowledged attachment are there and are what its row says. */
static bool attached(struct reader *r, int64_t id)
{
    struct q_attachment_by_id row;
    struct err e = {0};
    struct str data;
    uint8_t sum[HASH_N];
    bool found;
    if (q_attachment_by_id(r->db, r->mem, id, &row, &found, &e) != RC_OK || !found || row.sha256.n != HASH_N)
        return false;
    char *hex = hex_text(r->mem, (const uint8_t *)row.sha256.p, HASH_N), *path = mem_fmt(r->mem, "%s/attachments/%.2s/%s", conf.data_dir, hex, hex);
    if (file_read(r->mem, path, 1 << 20, &data, &e) != RC_OK)
        return false;
    crypt_sha256(data.p, data.n, sum);
    return memcmp(sum, row.sha256.p, HASH_N) == 0;
}

static void acks(struct reader *r, const char *path, int64_t *ret_acked, int64_t *ret_lost, int64_t *ret_unsure)
{
    struct str text, line, part[4];
    struct err e = {0};
    *ret_acked = *ret_lost = *ret_unsure = 0;
    if (file_read(r->mem, path, 1 << 24, &text, &e) != RC_OK)
        return;
    while (str_next(&text, '\n', &line) && line.n > 0) {
        int64_t seq = -1, have;
        int n = 0;
        while (n < 4 && str_next(&line, ' ', &part[n]))
            n++;
        bool there = answered(r, str_dup(r->mem, part[0]), &have);
        if (n == 4 && str_is(part[1], "ok")) {
            (*ret_acked)++;
            int64_t id;
            bool bytes = part[0].p[0] != 'a' || (str_to_i64(part[2], &id) && attached(r, id));
            *ret_lost += !there || !bytes || !str_to_i64(part[3], &seq) || seq != have;
        } else if (n >= 2 && str_is(part[1], "ERR_DB_DOUBT")) {
            (*ret_unsure)++;
        } else if (there) {
            *ret_lost += 1000;                     /* was told that it is not there: as bad */
        }
    }
}

static int check(const char *dir, const char *ack, const char *url)
{
    struct reader r;
    struct err e = {0};
    struct ledger_report rep;
    int64_t acked, lost, unsure;
    char *difference = NULL;
    house(dir, url);
    core_settle(core);
    if (core_read_begin(core, root, NULL, &r, &e) != RC_OK)
        die("read", &e);
    acks(&r, ack, &acked, &lost, &unsure);
    struct sql *records = sql_new(root), *keys = sql_new(root);
    sql_lit(records, "SELECT count(*) FROM record WHERE form = 'takeout'");
    sql_lit(keys, "SELECT count(*) FROM answered WHERE ikey LIKE 'k%'");
    int64_t n = number(&r, records), k = number(&r, keys);
    if (ledger_verify(r.db, root, core_vkey(core), &rep, &e) != RC_OK)
        die("verify", &e);
    core_read_end(&r);
    if (core_rebuild(core, true, &difference, &e) != RC_OK)
        die("rebuild", &e);
    core_settle(core);
    core_close(core);
    printf("{\"acked\": %lld, \"lost\": %lld, \"unsure\": %lld, \"records\": %lld, \"keys\": %lld, \"entries\": %lld, \"epochs\": %lld, \"declared_lost\": %lld, "
           "\"problem\": \"%s\", \"difference\": \"%s\"}\n", (long long)acked, (long long)lost, (long long)unsure, (long long)n, (long long)k, (long long)rep.entries,
           (long long)rep.epochs, (long long)rep.lost, rep.problem ? rep.problem : "", difference ? difference : "");
    return lost == 0 && n == k && rep.problem == NULL && difference == NULL ? 0 : 1;
}

static int attach_one(const char *dir, int64_t record, const char *text, const char *name, const char *url)
{
    struct err e = {0};
    house(dir, url);
    const struct actor a = {.kind = ACTOR_PERSON, .person = person_of("suzuki"), .lang = LANG_JA, .login = "suzuki"};
    char *path = attach_tmp_path(core, root);
    struct json *args = json_obj(root);
    if (file_write_atomic(path, text, strlen(text), 0600, &e) != RC_OK)
        die(path, &e);
    json_set_i64(args, "record", record);
    json_set_str(args, "name", name);
    json_set_str(args, "path", path);
    struct answer *ans = say(root, &a, "attach.add", args, NULL);
    if (ans->rc != RC_OK)
        die("attach", &ans->err);
    printf("{\"attachment\": %lld}\n", (long long)json_get_i64(ans->body, "attachment", 0));
    core_settle(core);
    core_close(core);
    return 0;
}

/* ---- schedules ---- */

static int assets(const char *dir, int n, const char *url)
{
    int code = make(dir, "[\"sched\"]", url);
    if (code != 0)
        return code;
    house(dir, url);
    const struct actor a = {.kind = ACTOR_PERSON, .person = person_of("suzuki"), .lang = LANG_JA, .login = "suzuki"};
    for (int i = 0; i < n; i++) {
        TALLOC_CTX *mem = mem_root(0);
        struct json *args = obj(mem, mem_fmt(mem, "{\"form\":\"asset\",\"submit\":true,\"values\":{\"name\":\"資産%d\",\"dept\":\"営業部\",\"confidentiality\":\"c0\"}}", i));
        struct answer *ans = say(mem, &a, "record.create", args, NULL);
        if (ans->rc != RC_OK)
            die("asset", &ans->err);
        talloc_free(mem);
    }
    core_settle(core);
    core_close(core);
    return 0;
}

struct issued { int64_t tasks, subjects, twice; };

static struct issued issued(void)
{
    struct reader r;
    struct err e = {0};
    TALLOC_CTX *mem = mem_root(0);
    struct sql *tasks = sql_new(mem), *subjects = sql_new(mem), *twice = sql_new(mem);
    if (core_read_begin(core, mem, NULL, &r, &e) != RC_OK)
        die("read", &e);
    sql_lit(tasks, "SELECT count(*) FROM task WHERE name = 'sched:daily'");
    sql_lit(subjects, "SELECT count(DISTINCT record) FROM task WHERE name = 'sched:daily'");
    sql_lit(twice, "SELECT count(*) FROM (SELECT record, due_us FROM task WHERE name = 'sched:daily' GROUP BY record, due_us HAVING count(*) > 1) d");
    struct issued n = {number(&r, tasks), number(&r, subjects), number(&r, twice)};
    core_read_end(&r);
    talloc_free(mem);
    return n;
}

/* Between two chunks, or within one that is being written: the next start knows of whole ones only. */
static int issue(const char *dir, int64_t n, const char *url)
{
    struct ledger_report rep;
    struct reader r;
    struct err e = {0};
    char *difference = NULL;
    house(dir, url);
    int64_t before = issued().tasks;
    for (int64_t now = before; now < n; now = issued().tasks) {
        if (now > before) {
            printf("{\"killed\": %lld}\n", (long long)now);
            fflush(stdout);
            kill(getpid(), SIGKILL);
        }
        usleep(200);
    }
    core_settle(core);
    struct issued end = issued();
    if (core_read_begin(core, root, NULL, &r, &e) != RC_OK || ledger_verify(r.db, root, core_vkey(core), &rep, &e) != RC_OK)
        die("verify", &e);
    core_read_end(&r);
    if (core_rebuild(core, true, &difference, &e) != RC_OK)
        die("rebuild", &e);
    core_close(core);
    printf("{\"tasks\": %lld, \"subjects\": %lld, \"twice\": %lld, \"problem\": \"%s\", \"difference\": \"%s\"}\n", (long long)end.tasks, (long long)end.subjects,
           (long long)end.twice, rep.problem ? rep.problem : "", difference ? difference : "");
    return 0;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    int code = 2;
    mem_init();
    if (crypt_init(&e) != RC_OK)
        die("crypt", &e);
    root = mem_root(0);
    if (argc >= 3 && strcmp(argv[1], "make") == 0)
        code = make(argv[2], "[\"trial\",\"imports\"]", argc > 3 ? argv[3] : NULL);
    else if (argc >= 7 && strcmp(argv[1], "write") == 0)
        code = write_all(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), atoi(argv[6]), argc > 7 ? argv[7] : NULL);
    else if (argc >= 4 && strcmp(argv[1], "check") == 0)
        code = check(argv[2], argv[3], argc > 4 ? argv[4] : NULL);
    else if (argc >= 6 && strcmp(argv[1], "attach") == 0)
        code = attach_one(argv[2], atoll(argv[3]), argv[4], argv[5], argc > 6 ? argv[6] : NULL);
    else if (argc >= 4 && strcmp(argv[1], "assets") == 0)
        code = assets(argv[2], atoi(argv[3]), argc > 4 ? argv[4] : NULL);
    else if (argc >= 4 && strcmp(argv[1], "issue") == 0)
        code = issue(argv[2], atoll(argv[3]), argc > 4 ? argv[4] : NULL);
    talloc_free(root);
    return code;
}
