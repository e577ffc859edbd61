/** What header blocks of SPDY/3.1 are compressed against: section 2.6.10.1. */

import { concatBytes, toBytes } from "../../../formats/bytes.ts";
import type { Bytes } from "../../../formats/bytes.ts";

const WORDS = [
  ...["options", "head", "post", "put", "delete", "trace", "accept"],
  ...["accept-charset", "accept-encoding", "accept-language"],
  ...["accept-ranges", "age", "allow", "authorization", "cache-control"],
  ...["connection", "content-base", "content-encoding", "content-language"],
  ...["content-length", "content-location", "content-md5", "content-range"],
  ...["content-type", "date", "etag", "expect", "expires", "from", "host"],
  ...["if-match", "if-modified-since", "if-none-match", "if-range"],
  ...["if-unmodified-since", "last-modified", "location", "max-forwards"],
  ...["pragma", "proxy-authenticate", "proxy-authorization", "range"],
  ...["referer", "retry-after", "server", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning"],
  ...["www-authenticate", "method", "get", "status", "200 OK", "version"],
  ...["HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"],
];
const REST = "100101201202205206300302303304305306307402405406407408409410411" +
  "412413414415416417502504505203 Non-Authoritative Information" +
  "204 No Content301 Moved Permanently400 Bad Request401 Unauthorized" +
  "403 Forbidden404 Not Found500 Internal Server Error" +
  "501 Not Implemented503 Service Unavailable" +
  "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 " +
  "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml," +
  "application/xhtml+xml,text/plain,text/javascript,public" +
  "privatemax-age=gzip,deflate,sdch" +
  "charset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** The dictionary: a fixed text, its first words each behind their length. */
export const HEADER_DICTIONARY: Bytes = concatBytes([
  ...WORDS.flatMap((
    word,
  ) => [Uint8Array.of(0, 0, 0, word.length), toBytes(word)]),
  toBytes(REST),
]);
