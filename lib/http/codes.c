/* codes.c - the table of codes: one line each, sorted, so that a person can look up what a program reports. */
#include "lib/http/codes.h"

#include <string.h>

#include "lib/http/route.h"

const struct code codes[] = {
    { "already_in", 409, "Somebody is in by this ticket already; checkedInAt and checkedInWhere say when and where." },
    { "amount_differs", 409, "The payment's amount is not the reservation's totalAmount." },
    { "answer_strange", 0, "What answers on that port is not a cinema of ours." },
    { "aws_away", 503, "Amazon S3 or DynamoDB gave no answer: no way to it, or too late." },
    { "aws_busy", 503, "Too many questions to AWS wait already. Ask again later." },
    { "aws_clock_off", 503, "AWS finds the cinema's clock wrong by minutes. Set the machine's clock." },
    { "aws_condition_failed", 409, "What lies in Amazon S3 or DynamoDB is not what was to be there: another was faster." },
    { "aws_denied", 503, "AWS does not know the cinema's key, or its role may not do this. The log has AWS's own code." },
    { "aws_failing", 503, "AWS answered with errors of its own to the last try." },
    { "aws_full", 503, "The store behind Amazon S3's protocol has no room left." },
    { "aws_no_credentials", 503, "No credentials for AWS were found, or those that are set cannot be used; the message says why." },
    { "aws_refused", 502, "AWS refuses a request of the cinema's; the message has AWS's own code." },
    { "aws_strange", 503, "An answer of AWS cannot be read." },
    { "aws_throttled", 503, "AWS takes no more requests from the cinema at the moment, to the last try." },
    { "aws_token_expired", 503, "The session's token for AWS ran out, and there is no newer one." },
    { "aws_unsupported", 502, "The server that plays AWS's does not know what was asked of it." },
    { "backup_damaged", 0, "A backup is not as its manifest says; the message names the file. Nothing of it was used." },
    { "backup_missing", 0, "There is no backup where one was looked for." },
    { "backup_running", 0, "Another backup is being written into the same directory." },
    { "backup_stopped", 0, "A backup was ended because the service stops; nothing is left of it." },
    { "backup_unreadable", 0, "A file or directory of a backup cannot be read." },
    { "backup_unwritable", 0, "The directory for backups cannot be written." },
    { "body_missing", 400, "The request needs a JSON body and has none." },
    { "body_too_large", 413, "The body is over 1 MiB." },
    { "bucket_missing", 503, "The bucket of Amazon S3 is not there." },
    { "buyer_or_user", 400,
      "A booking at the box office names either userId or buyer, not both and not neither." },
    { "capacity_exceeded", 409, "The room would have more seats than its capacity." },
    { "change_under_way", 503, "Another change that stops sales is still under way. Ask again after Retry-After." },
    { "changed_meanwhile", 409,
      "Somebody else changed the same thing at the same moment. Look again and retry." },
    { "checkin_time_invalid", 400, "A check-in is told with a moment that lies ahead, or more than 24 hours back." },
    { "cinema_away", 0, "No cinema answers on that port." },
    { "cinema_late", 0, "A cinema that a verb such as `import` opened for itself was not ready in time." },
    { "cinema_refused", 0, "A cinema that a verb such as `import` opened for itself did not start." },
    { "client_gone", 0,
      "Only in the log: a streamed answer broke off because its client left, or took nothing for 30 s." },
    { "cloud_not_configured", 503, "No cloud is configured, or this version does not speak to it." },
    { "code_needed", 401, "A reservation opens with its access code (?code=) or with ADMIN_TOKEN." },
    { "code_wrong", 403, "The access code is not this reservation's." },
    { "constraint_broken", 400, "A value is not possible where it was given." },
    { "copy_stopped", 0, "A copy of a cinema was ended by Ctrl-C; the same command goes on." },
    { "crypto_unavailable", 0, "The cryptographic library does not start." },
    { "cursor_invalid", 400, "A page was asked for with another cursor than the page before gave." },
    { "demo_incomplete", 0,
      "The demo cinema could not be filled to its end; the message says where it stopped." },
    { "email_taken", 409, "Another user has this e-mail address already (compared without case)." },
    { "environment_full", 0, "The environment takes no more." },
    { "expectation_failed", 417, "Of all Expect headers only 100-continue is understood." },
    { "export_busy", 503, "Several exports run already. Ask again after Retry-After." },
    { "export_late", 503, "The export took too long and was ended: its reader was too slow." },
    { "export_strange", 0, "The tables of a service did not arrive whole; nothing of the backup is kept." },
    { "feed_archived", 410, "The log no longer has what was asked for, it is archived. Begin with the snapshot." },
    { "feed_behind", 503,
      "DynamoDB was not written for so long that what it lacks is archived. POST /migrate writes DynamoDB anew." },
    { "feed_busy", 503,
      "Too many readers wait on this feed already. Ask without wait, or after Retry-After." },
    { "feed_refused", 503, "Another service's feed answered something else than events." },
    { "feed_shorter", 503,
      "A service's log ends before what DynamoDB shows of it: it was restored from an older copy. POST /migrate writes DynamoDB anew." },
    { "feed_strange", 503, "Another service's feed has a hole, or says what cannot be read." },
    { "fibers_exhausted", 500, "At start: no fiber was left for a service's upkeep." },
    { "figures_away", 503, "Analytics, whose figures are kept with each backup, does not answer." },
    { "figures_late", 503, "Analytics has not yet taken all that a backup holds into its sums." },
    { "film_inactive", 409, "The film is no longer shown, so no showing of it can be made." },
    { "film_unknown", 404, "There is no film with this id." },
    { "genre_exists", 409, "There is a genre of this name already." },
    { "head_too_large", 431, "The request's head is over 16 KiB or has more than 100 headers." },
    { "host_not_ours", 421,
      "The Host header names somebody else. The owner lists public names in PUBLIC_HOSTS." },
    { "host_wrong", 400, "The request must name its host exactly once." },
    { "idempotency_in_progress", 409,
      "A request with the same Idempotency-Key is still running. Ask again after Retry-After." },
    { "idempotency_key_invalid", 400, "An Idempotency-Key has 1 to 255 visible ASCII characters." },
    { "idempotency_key_reused", 422,
      "This Idempotency-Key was used with another body. Take a new key for a new request." },
    { "import_checked", 409, "An import was only to be looked at, so its owner took it back; no answer carries this." },
    { "import_forbidden", 409, "An import does not do this, because tickets may depend on it; the message says what does." },
    { "import_interrupted", 0, "The import was interrupted. What was taken stays; the same command goes on from there." },
    { "import_map", 0, "A --map of an import names a column or a field that there is not." },
    { "import_report", 0, "The report of an import could not be written." },
    { "import_unreadable", 0, "The file to import cannot be read, or is not what its name says." },
    { "internal_error", 500, "A fault of ours. The log has the details under the answer's requestId." },
    { "job_running", 409,
      "A backup or migration runs already, or a sync of another process; Location names the job when this process runs it." },
    { "job_unknown", 404, "There is no such job, or it ended long ago: the last hundred of a kind are kept." },
    { "json_malformed", 400, "The body is not JSON, or names a key twice." },
    { "json_too_deep", 400, "The body is nested deeper than 32." },
    { "lake_busy", 409, "Somebody else writes the data lake at the same time. Let one ingestion do it." },
    { "lake_damaged", 0, "An object of the data lake is not as its manifest says; the message names it. Nothing of it was used." },
    { "lake_differs", 409,
      "The data lake tells another past than the cinema, from the beginning: the bucket is another's. Or the backup's last event." },
    { "lake_hole", 0, "The data lake lacks events between two positions; the message names them. Nothing after them was used." },
    { "lake_stopped", 0, "The data lake was not brought to its end because the service stops; the next run goes on." },
    { "listen_failed", 0, "The address or port cannot be listened on: taken, or not of this machine." },
    { "log_hole", 0, "Events were told that are not the next ones of their log. Nothing of them was used." },
    { "method_not_allowed", 405,
      "The address exists and does not take this method; Allow lists those it takes." },
    { "method_not_implemented", 501, "The method is not one that is known here." },
    { "movie_has_showings", 409,
      "The film has showings to come. DELETE with ?showings=keep leaves them and takes it off the list." },
    { "movie_id_invalid", 400, "A film's id has 24 hexadecimal digits." },
    { "movie_unknown", 404, "There is no film with this id." },
    { "not_confirmed", 409, "The reservation is not paid, so it has no tickets." },
    { "not_on_sale_yet", 409, "Sales for this showing begin later; Retry-After says in how many seconds." },
    { "object_missing", 404, "The object is not in Amazon S3." },
    { "operator_only", 403, "This is answered to the machine itself alone until ADMIN_TOKEN is set." },
    { "origin_refused", 403,
      "A web page of another origin asked. Those on localhost may, others by CORS_ORIGINS or PUBLIC_HOSTS." },
    { "other_showing", 409, "The ticket is for another showing than the door lets in; scheduleId says for which." },
    { "outcome_unknown", 503,
      "The store was lost at the last moment: it may or may not be done. Look, or retry with the same Idempotency-Key." },
    { "overloaded", 503, "Too many requests are under way. Ask again after Retry-After." },
    { "path_id_invalid", 400, "A number in the path is not a whole number from 1 on." },
    { "payment_declined", 402,
      "The payment was declined. The reservation still stands and may be paid again." },
    { "payment_exists", 409, "This reservation is paid already, or a payment of it is under way." },
    { "payment_in_progress", 409, "A payment is under way and not decided yet. Ask again shortly." },
    { "payment_missing", 404, "This reservation has no payment." },
    { "payment_refunded", 409, "The money arrived when the seats were no longer held; it goes back." },
    { "payment_unknown", 503,
      "The payment provider has not answered yet. The seats are kept; ask for the payment shortly." },
    { "poster_damaged", 400, "A poster is not whole, something follows its end, or it has more than 4096 pixels a side." },
    { "poster_type_unsupported", 415, "A poster is JPEG, PNG or WebP by its bytes, and its Content-Type, if it says one, must be that." },
    { "poster_unknown", 404, "This film has no uploaded poster." },
    { "query_malformed", 400, "The query string has a % escape that is not one, or is not UTF-8." },
    { "queue_full", 409, "So many wait for that showing already that its sale would be over before another's turn." },
    { "queue_required", 429,
      "Buyers of that showing wait for their turn. A token comes from POST /api/showtimes/{id}/queue and goes into Taquilla-Queue." },
    { "queue_token_invalid", 403, "What was shown is no queue token of this house, or one of another showing." },
    { "queue_unknown", 404, "The showing has no waiting room: its seats can be booked at once." },
    { "queue_waiting", 429, "The turn of this queue token has not come yet. Retry-After says when it may." },
    { "replay_differs", 0, "A log makes other rows than its owner holds; the message shows the first." },
    { "replay_impossible", 0, "The store for a replay cannot be made; the message names the directory." },
    { "request_late", 408, "The request took longer than 10 seconds to arrive." },
    { "request_malformed", 400, "The request is not well-formed HTTP/1.1." },
    { "reservation_cancelled", 409, "The reservation has been cancelled." },
    { "reservation_expired", 409, "The reservation was not paid in time and has expired." },
    { "reservation_unknown", 404, "There is no reservation with this id." },
    { "restore_differs", 409,
      "What a restore brought is not what its copy has. The store stays closed until a restore is begun anew." },
    { "restore_not_started", 409, "No restore is under way. It begins with POST /internal/restore/start." },
    { "restore_running", 503, "A restore is under way. Ask again after Retry-After." },
    { "room_inactive", 409, "The room is no longer used." },
    { "room_unknown", 404, "There is no room with this id." },
    { "route_unknown", 404, "There is nothing at this address. GET /openapi.json lists what there is." },
    { "row_refused", 400, "A row of a restore does not fit into its table; the message names it." },
    { "sales_closed", 409, "Sales for this showing have closed." },
    { "seat_exists", 409, "The room has a seat of that row and number already." },
    { "seat_invalid", 400, "A seat's id is a whole number from 1 on." },
    { "seat_not_in_room", 400, "The seat is not one of this showing's room." },
    { "seat_repeated", 400, "A seat is listed twice." },
    { "seat_unknown", 404, "There is no seat with this id." },
    { "seats_not_together", 409,
      "So many seats beside one another are not left; the sentence says how many are. together:false takes them apart." },
    { "seats_taken", 409,
      "One or more seats are sold, held or out of service; seatIds names exactly those. Nothing was booked." },
    { "service_token_unset", 403, "This address is for services alone, and no SERVICE_TOKEN is set." },
    { "setting_invalid", 0, "A setting or flag has a value it cannot have; the message names it." },
    { "showing_cancelled", 409, "The showing has been cancelled." },
    { "showing_has_tickets", 409,
      "The showing has live tickets. DELETE with ?refund=true cancels and refunds them." },
    { "showing_overlaps", 409,
      "Another showing is in that room at that time, or the room is not yet cleaned after it." },
    { "showing_unknown", 404, "There is no showing with this id." },
    { "sold_out", 409, "No seat of the kind that was asked for is left." },
    { "status_unknown", 400, "The status is none of PENDING, CONFIRMED, CANCELLED, EXPIRED." },
    { "stopping", 503, "The service is about to end. Ask again after Retry-After." },
    { "storage_full", 503, "The disk is full; nothing was changed. It works again when there is room." },
    { "store_busy", 503, "The store has too much to do at the moment. Ask again after Retry-After." },
    { "store_in_use", 0, "Another process uses this store." },
    { "store_not_empty", 409, "The demo cinema and a restore go only into an empty store." },
    { "store_unavailable", 503, "The store cannot be reached at the moment. Ask again after Retry-After." },
    { "store_unreadable", 0, "The store cannot be opened, or a newer version made it." },
    { "sync_busy", 503, "Another sync to DynamoDB is under way and takes long. Ask again after Retry-After." },
    { "sync_stopped", 503, "The sync ended because its service stops; it goes on from there." },
    { "table_missing", 503, "The table is not in Amazon DynamoDB." },
    { "table_unknown", 404, "There is no such table to export, restore or copy; the message names those that there are." },
    { "target_wrong", 400, "The address in the request's first line cannot be read." },
    { "ticket_cancelled", 409, "The ticket was given back, or its showing was cancelled." },
    { "ticket_not_ours", 400, "The text is no ticket, or no key of this cinema signed it." },
    { "ticket_type_unknown", 400, "There is no ticket type of that name." },
    { "ticket_unknown", 404, "The ticket is signed well, and this store has not sold it." },
    { "ticket_without_seat", 400, "tickets names a seat that seatIds does not." },
    { "tickets_used", 409, "Somebody has come in by a ticket of the reservation, so it cannot be given back." },
    { "token_unreadable", 0, "DIR/service.token is missing or cannot be read." },
    { "too_few_left", 409, "Fewer seats of that kind are left than were asked for; the sentence says how many." },
    { "too_late", 409, "A paid ticket can no longer be given back: the showing begins too soon." },
    { "too_many_connections", 503, "Too many connections are open. Ask again after Retry-After." },
    { "too_many_holds", 409,
      "This user has as many unpaid reservations as one may have. Pay or cancel one first." },
    { "too_many_requests", 429, "This address, or this user, has asked more often than the house allows. Ask again after Retry-After." },
    { "transfer_encoding_wrong", 400, "The only transfer encoding understood is chunked." },
    { "type_unsupported", 415, "The body must be JSON (Content-Type: application/json, or none)." },
    { "unauthenticated", 401, "A token is needed: Authorization: Bearer TOKEN." },
    { "unique_broken", 409, "Something with that name or number exists already." },
    { "upstream_away", 503, "The service that owns this did not answer. Ask again after Retry-After." },
    { "upstream_busy", 503, "Too many wait already for the service that owns this. Ask again after Retry-After." },
    { "upstream_open", 503,
      "The service that owns this failed several times just now and is left in peace for a moment." },
    { "user_has_tickets", 409, "The user has paid tickets for showings to come." },
    { "user_unknown", 404, "There is no user with this id." },
    { "utf8_invalid", 400, "The body is not UTF-8." },
    { "validation_failed", 400, "One or more fields break a rule; details names every one." },
    { "version_not_supported", 505, "HTTP/1.1 and HTTP/1.0 are understood." },
    { "watch_failed", 500, "The system refused to watch a descriptor: a limit of the machine." },
    { "zone_unknown", 0, "The time zone is not known to this machine; names look like America/Lima." },
    { NULL, 0, NULL },
};

const struct code *code_find(const char *code)
{
    size_t low = 0, high = COUNT_OF(codes) - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(code, codes[middle].code);
        if (order == 0)
            return &codes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

str code_told(const fault *problem)
{
    const struct code *known = code_find(problem->code);
    return known && known->status == 0 ? str_of(known->meaning) : problem->sentence;
}

void codes_write(struct buf *out)
{
    buf_literal(out, "# Error codes\n\n"
                     "Every error answer has the same body, whatever the service:\n\n"
                     "```json\n"
                     "{\"success\":false,\"data\":null,\"error\":\"This seat is no longer free: 966.\",\n"
                     " \"message\":\"This seat is no longer free: 966.\",\"code\":\"seats_taken\",\"status\":409,\n"
                     " \"title\":\"Conflict\",\"detail\":\"This seat is no longer free: 966.\",\"seatIds\":[966],\n"
                     " \"requestId\":\"5d0c7a91-42\"}\n"
                     "```\n\n"
                     "`code` is stable: programs compare it. The sentences are for people and may change. "
                     "`details` names the bad\nfields of a `validation_failed`; some codes add a list of what is in the way, as `seatIds` "
                     "or `scheduleIds`. This page is printed\nby `taquilla errors`; a test fails when the two differ.\n\n"
                     "| code | status | what it means |\n| --- | --- | --- |\n");
    for (const struct code *c = codes; c->code; c++) {
        if (c->status)
            buf_printf(out, "| `%s` | %d %s | %s |\n", c->code, c->status, status_title(c->status),
                       c->meaning);
        else
            buf_printf(out, "| `%s` | at start or in the log | %s |\n", c->code, c->meaning);
    }
}
