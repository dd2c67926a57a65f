/* The table of commands: every change, from a page, the API, an import, the command line or a timer, is one of these rows. The
 * OpenAPI document and the permission test read the same table. */
#include "core/core_state.h"
#include "core/schedule.h"
#include "core/order.h"
#include "core/leaver.h"

static enum rc cmd_todo_run(struct work *w, const struct json *args, struct json *body, struct err *e);

static enum rc save_with_files(struct work *w, const struct json *args, struct json *body, struct err *e) { return attach_with(w, args, body, cmd_record_save, e); }
static enum rc fill_with_files(struct work *w, const struct json *args, struct json *body, struct err *e) { return attach_with(w, args, body, cmd_record_fill, e); }

const struct command command_table[] = {
    {"record.create", CMD_SIGNED_IN, PROOF_FORM, cmd_record_create, "Make a record as a draft", "form str, values obj, happened_on str?, late_reason str?, submit bool?"},
    {"record.save", CMD_SIGNED_IN, PROOF_NONE, save_with_files, "Change the draft, or begin one on a record in force", "record i64, version i64, values obj, files arr?"},
    {"record.submit", CMD_SIGNED_IN, PROOF_FORM, cmd_record_submit, "Hand the draft in: it enters its route", "record i64, version i64, comment str?"},
    {"record.withdraw", CMD_SIGNED_IN, PROOF_NONE, cmd_record_withdraw, "Take a submitted draft back", "record i64, version i64, comment str?"},
    {"record.approve", CMD_SIGNED_IN, PROOF_FORM, cmd_record_approve, "Approve, confirm or receive at one's step", "record i64, version i64, comment str?, values obj?, on_behalf i64?, files arr?"},
    {"record.return", CMD_SIGNED_IN, PROOF_NONE, cmd_record_return, "Send back to the applicant or to an earlier step, with a reason", "record i64, version i64, comment str, to str?"},
    {"record.reject", CMD_SIGNED_IN, PROOF_NONE, cmd_record_reject, "Refuse for good, with a reason", "record i64, version i64, comment str"},
    {"record.letter", CMD_SIGNED_IN, PROOF_FORM, cmd_record_letter, "Record an outsider's answer by its scan; another person confirms it", "record i64, version i64, attachment i64, answer str, step str?, comment str?"},
    {"record.ahead", CMD_SIGNED_IN, PROOF_FORM, cmd_record_ahead, "Approve for somebody absent who looks at it later, with a reason", "record i64, version i64, comment str"},
    {"record.countersign", CMD_SIGNED_IN, PROOF_NONE, cmd_record_countersign, "Look at it later (after an approval ahead), or countersign an exception", "record i64, comment str?, attachment i64?"},
    {"record.fill", CMD_SIGNED_IN, PROOF_FORM, fill_with_files, "Fill fields of a later stage", "record i64, version i64, values obj, files arr?"},
    {"record.close", CMD_SIGNED_IN, PROOF_FORM, cmd_record_close, "Close a record in force", "record i64, version i64, comment str?"},
    {"record.void", CMD_SIGNED_IN, PROOF_FORM, cmd_record_void, "Void a record, with a reason", "record i64, version i64, comment str"},
    {"record.erase", CMD_SIGNED_IN, PROOF_ALWAYS, cmd_record_erase, "Erase one person's values from a record", "record i64, paths arr, ground str"},
    {"log.add", CMD_SIGNED_IN, PROOF_NONE, cmd_log_add, "Add up to 500 rows to a log, which is one entry of the ledger", "form str, rows arr"},
    {"log.correct", CMD_SIGNED_IN, PROOF_NONE, cmd_log_correct, "Add a row that stands for an earlier one of a log, with a reason", "record i64, values obj, comment str, happened_on str?, late_reason str?"},
    {"task.done", CMD_SIGNED_IN, PROOF_NONE, cmd_task_done, "Mark a task without a form as done", "task i64, comment str"},
    {"notice.read", CMD_SIGNED_IN, PROOF_NONE, cmd_notice_read, "A notice to oneself was read, or all up to it", "notice i64, upto bool?"},
    {"attach.add", CMD_SIGNED_IN, PROOF_NONE, cmd_attach_add, "Attach a file to a record", "record i64, name str, sha256 str, bytes i64, path str"},
    {"login", CMD_OPEN, PROOF_NONE, cmd_login, "Begin a session", "person i64, verified str, token str, csrf str, addr str?, device str?, rehash str?, half bool?, half_token str?, proved_us i64?, step i64?, recovery_no i64?, recovery_hash str?"},
    {"login.failed", CMD_OPEN, PROOF_NONE, cmd_login_failed, "Count a failed sign-in", "person i64, login str?, addr str, provider bool?"},
    {"logout", CMD_OPEN, PROOF_NONE, cmd_logout, "End a session", "token str"},
    {"session.touch", CMD_OPEN, PROOF_NONE, cmd_session_touch, "Note that a session is in use", "token str"},
    {"session.end", CMD_SIGNED_IN, PROOF_NONE, cmd_session_end, "End one of one's sessions, or all others; an administrator anybody's", "session i64?, others bool?, person i64?"},
    {"session.prove", CMD_OPEN, PROOF_NONE, cmd_session_prove, "Note a new proof of who is there", "token str, coded bool, provider bool?, step i64?, recovery_no i64?, recovery_hash str?"},
    {"totp.set", CMD_OPEN, PROOF_NONE, cmd_totp_set, "Begin a second factor", "person i64, secret str, step i64, recovery arr"},
    {"totp.codes", CMD_OPEN, PROOF_NONE, cmd_totp_codes, "New recovery codes", "person i64, recovery arr, step i64, recovery_no i64?, recovery_hash str?"},
    {"totp.off", CMD_OPEN, PROOF_NONE, cmd_totp_off, "End one's second factor", "person i64, step i64, recovery_no i64?, recovery_hash str?"},
    {"totp.reset", CMD_ADMIN, PROOF_ALWAYS, cmd_totp_reset, "End the second factor of somebody who lost it, with a reason", "person i64, reason str"},
    {"account.seen", CMD_SIGNED_IN, PROOF_NONE, cmd_account_seen, "What others did to one's sign-in was seen", ""},
    {"password.set", CMD_OPEN, PROOF_NONE, cmd_password_set, "Change one's own password", "person i64, verified str, hash str"},
    {"token.make", CMD_SIGNED_IN, PROOF_ALWAYS, cmd_token_make, "Make an API token", "name str, days i64, token str"},
    {"token.end", CMD_SIGNED_IN, PROOF_NONE, cmd_token_end, "End an API token", "name str"},
    {"account.directory", CMD_ADMIN, PROOF_ALWAYS, cmd_account_directory, "The directory says somebody's password from now on (its key of them), or no longer", "person i64, login str?, dkey str?"},
    {"account.oidc", CMD_ADMIN, PROOF_ALWAYS, cmd_account_oidc, "Somebody's sign-in no longer belongs to an identity at the provider (OpenID Connect)", "person i64"},
    {"oidc.bind", CMD_SYSTEM, PROOF_NONE, cmd_oidc_bind, "Somebody's sign-in belongs to an identity at the provider from now on", "person i64, iss str, sub str"},
    {"directory.apply", CMD_SYSTEM, PROOF_NONE, cmd_directory_apply, "Take over what a sync found in the directory", "rows arr?, day str?"},
    {"account.set", CMD_ADMIN, PROOF_ALWAYS, cmd_account_set, "Give a person a sign-in, or disable it", "person i64, login str, hash str?, disabled bool"},
    {"setup.start", CMD_SETUP, PROOF_NONE, cmd_setup_start, "First hour: organisation and regulations", "organization obj, adopt arr, settings obj"},
    {"setup.people", CMD_SETUP, PROOF_NONE, cmd_setup_people, "First hour: people and departments", "departments arr, people arr"},
    {"setup.roles", CMD_SETUP, PROOF_NONE, cmd_setup_roles, "First hour: who holds which role", "assignments arr"},
    {"setup.records", CMD_SETUP, PROOF_NONE, cmd_setup_records, "First hour: records that exist already", "records arr"},
    {"setup.passwords", CMD_SETUP, PROOF_NONE, cmd_setup_passwords, "First hour: one password for the people of an example", "people obj, hash str"},
    {"setup.finish", CMD_SETUP, PROOF_NONE, cmd_setup_finish, "First hour: the end", "admin i64"},
    {"set.adopt", CMD_ADMIN, PROOF_ALWAYS, cmd_set_adopt, "Adopt a set of packs", "adopt arr, dir str?, restart bool?"},
    {"set.settings", CMD_ADMIN, PROOF_ALWAYS, cmd_set_settings, "Change words, figures and alternatives", "settings obj, restart bool?"},
    {"set.undo", CMD_ADMIN, PROOF_ALWAYS, cmd_set_undo, "Return to an earlier pack set as a new one", "set i64, restart bool?"},
    {"import.stage", CMD_SIGNED_IN, PROOF_NONE, cmd_import_stage, "Look rows of a file over; takes as many as fit and says so: send the rest with the batch", "form str, rows arr of {line i64, values obj}, batch i64?"},
    {"import.run", CMD_SIGNED_IN, PROOF_FORM, cmd_import_run, "Hand a looked-over import in; again while the answer says more", "batch i64, paper_by str?, paper_on str?"},
    {"import.cancel", CMD_SIGNED_IN, PROOF_NONE, cmd_import_cancel, "Stop an approved import before its rows come into force", "batch i64"},
    {"import.step", CMD_SYSTEM, PROOF_NONE, cmd_import_step, "The next chunk of an import on its way", ""},
    {"import.drop", CMD_SIGNED_IN, PROOF_NONE, cmd_import_drop, "Throw a staged import away", "batch i64"},
    {"accounts.stage", CMD_SIGNED_IN, PROOF_NONE, cmd_accounts_stage, "Look a list of another system's accounts over; takes as many rows as fit and says so: send the rest with the batch", "system i64, found_on str, source str, columns str?, rows arr of {line i64, values obj}, batch i64?"},
    {"accounts.take", CMD_SIGNED_IN, PROOF_NONE, cmd_accounts_take, "Take a looked-over list in: what it says counts from then on", "batch i64"},
    {"accounts.match", CMD_SIGNED_IN, PROOF_NONE, cmd_accounts_match, "Say whose account it is that was found; without a person: look for them anew", "record i64, person i64?"},
    {"todo.run", CMD_SYSTEM, PROOF_NONE, cmd_todo_run, "After-commit work: search index, checks, stale routes", ""},
    {"seats.day", CMD_SYSTEM, PROOF_NONE, cmd_seats_day, "A new day: who answers at open steps is looked at again", ""},
    {"order.run", CMD_SYSTEM, PROOF_NONE, cmd_order_run, "The next personnel order whose day has come; again while the answer says more", ""},
    {"order.fail", CMD_SYSTEM, PROOF_NONE, cmd_order_fail, "Note why a personnel order could not be carried out", "record i64, why str"},
    {"check.run", CMD_SYSTEM, PROOF_NONE, cmd_check_run, "Judge what became due", "due bool"},
    {"notice.run", CMD_SYSTEM, PROOF_NONE, cmd_notice_run, "Put what people are to be told into their inboxes; again while the answer says more", ""},
    {"conform.day", CMD_SYSTEM, PROOF_NONE, cmd_conform_day, "Write down how the articles conform today, where it differs from the last look", "day str, rows arr, totals arr?"},
    {"schedule.run", CMD_SYSTEM, PROOF_NONE, cmd_schedule_run, "Make the tasks of schedules; again while the answer says more", "people bool?, after str?"},
    {"restore.finish", CMD_SYSTEM, PROOF_NONE, cmd_restore_finish, "Erase again what was erased after the backup; end all sessions", "erase arr"},
    {"span.fill", CMD_SYSTEM, PROOF_NONE, cmd_span_fill, "Make the organisation's history for a house that is older than it", ""},
    {"rebuild", CMD_SYSTEM, PROOF_NONE, cmd_rebuild, "Make the projections anew from the truth", ""},
};
const size_t command_n = ARRAY_N(command_table);

#define TODO_CHUNK 100
#define TODO_BUDGET_US 10000          /* the writer is not held longer than this by after-commit work */

static enum rc todo_one(struct work *w, const char *kind, int64_t record, struct err *e)
{
    struct json *args = json_obj(w->mem), *body = json_obj(w->mem);
    json_set_i64(args, "record", record);
    if (strcmp(kind, "search") == 0)
        return cmd_search_run(w, args, body, e);
    if (strcmp(kind, "subject") == 0) {
        args = json_obj(w->mem);
        json_set_i64(args, "subject", record);
        return cmd_check_run(w, args, body, e);
    }
    if (strcmp(kind, "check") == 0) {
        TRY(cmd_check_run(w, args, body, e));
        return sched_touch(w, record, e);
    }
    if (strcmp(kind, "route") == 0)
        return cmd_route_run(w, args, body, e);
    if (strcmp(kind, "seats") == 0)
        return cmd_seats_run(w, args, body, e);
    if (strcmp(kind, "left") == 0 || strcmp(kind, "left-on") == 0) {          /* a row that is added while it is being done would go with it */
        json_set_str(args, "next", strcmp(kind, "left") == 0 ? "left-on" : "left");
        return cmd_left_run(w, args, body, e);
    }
    if (strcmp(kind, "restart") == 0)
        return cmd_route_restart(w, args, body, e);
    return err_set(e, ERR_BUG, "todo kind %s", kind);
}

static enum rc cmd_todo_run(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_todo_first_rows row;
    int64_t t0 = clock_mono_us(), done = 0;
    check_faults_begin(w, args, body);
    TRY(q_todo_first(w->db, w->mem, TODO_CHUNK, &row, e));
    for (size_t i = 0; i < row.n; i++) {
        if (w->set != NULL)
            TRY(todo_one(w, row.v[i].kind, row.v[i].record, e));
        TRY(q_todo_drop(w->tx, row.v[i].id, e));
        done++;
        if (clock_mono_us() - t0 > TODO_BUDGET_US)
            break;
    }
    json_set_i64(body, "done", done);
    json_set_bool(body, "more", done < (int64_t)row.n || row.n == TODO_CHUNK);
    return RC_OK;
}
