# Managed by exordos_mail: runs before the scripts of users.
#
# exim hands a message over again if it was not told what became of it: one of the two was
# killed. The id is exim's own (RFC 7352 does not say whose an id must be): two messages
# that a sender makes have two, whatever their Message-ID.
require ["variables", "envelope", "duplicate", "vnd.dovecot.execute"];

if allof (header :matches "X-Exordos-Mail-Delivery" "* * *", envelope :matches "to" "*") {
  set "to" "${1}";
  if header :matches "X-Exordos-Mail-Delivery" "* * *" {
    set "id" "${1}";
    set "attempt" "${2}";
    set "received" "${3}";
  }
  # Noted when the message is in the mailbox. Whoever delivers it at this moment has a lock
  # on the id, and is waited for.
  if duplicate :handle "delivery" :uniqueid "${id} ${to}" :seconds 600 {
    discard;
    stop;
  }
  # Dovecot was killed before it was noted, or that is too long ago. A note can be lost as
  # well: of two deliveries at a time Pigeonhole keeps that of the last one. Of a message
  # to several addresses of a mailbox, one may be left out here.
  if string "${attempt}" "again" {
    if execute :output "answer" "is_there-970cf0c90514dd07" ["${id}", "${received}"] {
      if string "${answer}" "there" {
        discard;
        stop;
      }
    }
  }
}
