/* Steps of somebody outside (`outside client of contract`), answered by a letter: one person records what it says and attaches the scan,
 * another confirms it: neither the applicant nor who recorded. Confirming does what the letter says. A signed link and an exchange
 * file are other ways that do not exist yet.
 *
 * An outside row is open with the note "outside" and nobody seated; a recorded letter turns the note to letter-approve, letter-return
 * or letter-reject and seats the one who confirms. */
#include "core/route_int.h"

bool row_is_letter(const struct row *r) { return r->note != NULL && strncmp(r->note, "letter-", 7) == 0; }

static enum rc outside_row(const struct record *rec, const struct row_vec *rows, const char *step, size_t *ret_at, struct err *e)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct step *s = pack_step(rec->form, rows->v[i].step);
        bool named = step == NULL || strcmp(rows->v[i].step, step) == 0 || (s != NULL && strcmp(s->id, step) == 0);
        if (named && s != NULL && row_is(&rows->v[i], "open") && !row_is_letter(&rows->v[i]) && who_outside(row_who(s, rows, i))) {
            *ret_at = i;
            return RC_OK;
        }
    }
    return err_set(e, ERR_STATE, "record %lld waits for nobody outside", (long long)rec->id);
}

/* The one who confirms: the next superior in the record's department who neither made the draft nor recorded the letter. */
enum rc letter_seats(struct work *w, const struct record *rec, struct row *r, int64_t recorder, struct err *e)
{
    struct id_vec avoid = VEC_INIT(w->mem);
    struct seat_vec seats = VEC_INIT(w->mem);
    TRY(route_makers(w, rec, &avoid, e));
    *vec_push(&avoid) = recorder;
    TRY(org_climb(w, rec->department, avoid.v, avoid.n, &seats, e));
    r->who.n = 0;
    if (seats.n > 0)
        *vec_push(&r->who) = (struct seat_row){.person = seats.v[0].person, .post = msg_text(LANG_JA, MSG("core.letter-confirm")), .state = "open"};
    *vec_push(&r->who) = (struct seat_row){.person = recorder, .post = msg_text(LANG_JA, MSG("core.letter-record")), .state = "recorded"};
    return RC_OK;
}

static enum rc letter_effect(struct work *w, const struct record *rec, const struct json *args, const char *answer, struct json *effect, struct err *e)
{
    struct q_attachment_by_id at;
    bool found;
    TRY(q_attachment_by_id(w->db, w->mem, json_get_i64(args, "attachment", 0), &at, &found, e));
    if (!found || at.record != rec->id || at.sha256.n != HASH_N)
        return err_set_arg(e, ERR_ATTACHMENT, msg_text(w->actor.lang, MSG("core.letter-scan")), "no scan of the letter");
    struct json *l = json_set_obj(effect, "letter");
    json_set_str(l, "answer", answer);
    json_set_i64(l, "attachment", at.id);
    json_set_str(l, "sha256", hex_text(w->mem, (const uint8_t *)at.sha256.p, HASH_N));
    return RC_OK;
}

enum rc cmd_record_letter(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    static const char *const answers[] = {"approve", "return", "reject"};
    struct record rec;
    const struct grant *g;
    struct row_vec rows = VEC_INIT(w->mem);
    const char *answer = NULL, *said = json_get_str(args, "answer");
    size_t at;
    TRY(record_lock(w, args, PERMIT_FILL, &rec, &g, e));
    grant_assert(g, PERMIT_FILL, &rec);
    if (rec.draft_state == NULL || strcmp(rec.draft_state, "submitted") != 0)
        return err_set(e, ERR_STATE, "record %lld is not in a route", (long long)rec.id);
    for (size_t i = 0; i < ARRAY_N(answers) && said != NULL; i++)
        if (strcmp(said, answers[i]) == 0)
            answer = answers[i];
    if (answer == NULL)
        return err_set_arg(e, ERR_FIELDS, "answer", "answer %s", said ? said : "-");
    TRY(rows_load(w, &rec, &rows, e));
    TRY(seats_fresh(w, &rec, &rows, e));
    TRY(outside_row(&rec, &rows, json_get_str(args, "step"), &at, e));
    struct json *effect = json_obj(w->mem);
    TRY(letter_effect(w, &rec, args, answer, effect, e));
    TRY(letter_seats(w, &rec, &rows.v[at], w->actor.person, e));
    rows.v[at].note = mem_fmt(w->mem, "letter-%s", answer);
    if (row_lacks(&rows.v[at]))
        return err_set_arg(e, ERR_NO_APPROVER, msg_text(w->actor.lang, MSG("core.letter-confirm")), "nobody confirms the letter of record %lld", (long long)rec.id);
    TRY(rows_out(w, &rec, &rows, rec.draft_rev, effect, e));
    TRY(act_do(w, rec.id, rec.draft_rev, "letter", rows.v[at].step, json_get_str(args, "comment"), effect, e));
    return record_answer(w, rec.id, body, e);
}

/* The confirmer does not find in the scan what was recorded: the step waits for the letter again. */
enum rc letter_back(struct work *w, const struct record *rec, const struct content *c, struct row_vec *rows, size_t at, struct err *e)
{
    struct id_vec makers = VEC_INIT(w->mem);
    TRY(route_makers(w, rec, &makers, e));
    rows->v[at].note = NULL;
    return row_open(w, rec, c, rows, at, &makers, e);
}
