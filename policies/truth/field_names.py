"""What the names of fields tell, and which of their values are failures. Pure tables.

`errorMessage`, `error_message` and `Error-Message` are one name.
"""

from collections.abc import Mapping
from functools import lru_cache

from policies.truth.sign import words

KINDS: Mapping[str, frozenset[str]] = {
    "error": words(
        "error errors err exception fault failure errormessage errormessages errormsg errmsg"
        " errordescription errordetail errordetails errorinfo failurereason failuremessage"
        " traceback stacktrace errortype errorname validationerrors errorcode errorsummary"
        " nonfielderrors fielderrors fault faultstring faultcode statuserror apierror errortext"
        " usererrors odataerror lastpaymenterror lastsetuperror errorresponse errorlist"
        " declinereason rejectionreason writeerrors failures"
    ),
    "flag": words("iserror haserror haserrors failed isfailed hasfailed errored timedout"),
    "success": words("success ok succeeded successful issuccess issuccessful wassuccessful"),
    "done": words(
        "sent saved created updated deleted applied confirmed booked accepted executed acknowledged"
        " delivered processed scheduled refunded inserted written published granted cancelled"
        " canceled removed revoked closed moved copied uploaded charged captured voided"
        " archived restored assigned submitted transferred approved authorized authorised"
        " captured settled"
    ),
    "status": words(
        "status state result outcome resultcode responsestatus transactionstatus paymentstatus"
        " deliverystatus sendstatus messagestatus operationstatus executionstatus callstatus"
        " ack conclusion readystate phase resultstatus processingstatus orderstatus"
    ),
    "type": words(
        "type kind name level severity code errorcode class resourcetype object typename"
    ),
    "code": words(
        "code status statuscode httpstatus httpcode httpstatuscode responsecode errorcode errno"
        " errcode cod responsestatus"
    ),
    "exit": words("exitcode returncode exitstatus rc"),
    "ret": words("ret retcode errcode errno resultcode code"),
    "stderr": words("stderr"),
    "stdout": words("stdout output"),
    "message": words(
        "message messages msg detail details reason statusmessage statustext info note description"
        " information resultmsg resultmessage responsemessage statusdescription returnmessage"
        " retmsg"
    ),
    "words": words("response output result"),
    "wrapper": words(
        "result response data body output payload content structuredcontent value meta header"
    ),
    "identity": words(
        "id uuid createdat updatedat created createdtime timestamp date createdon startedat"
    ),
}
NOT_IDENTITY = words("requestid correlationid debugid traceid logid errorid spanid transactionid")
BAD_STATUS = words(
    "error failed failure fail ko nok denied rejected invalid forbidden unauthorized timeout"
    " timedout aborted notfound badrequest unavailable declined unsuccessful exception fatal"
    " requestdenied nack undelivered undeliverable bounced halted crashed refused blocked"
    " requirespaymentmethod carddeclined paymentfailed failurewithwarning fehler fehlgeschlagen"
    " partialfailure partiallyfailed completedwitherrors partial partialsuccess partiallycompleted"
    " overquerylimit invalidrequest unknownerror validationerror servererror internalerror"
    " systemerror"
)
GOOD_STATUS = words("ok success succeeded completed")
NO_ERROR = (
    words(
        "none null no false ok success 0 00 000 0000 00000 200 na nil noerror noerrors successful"
    )
    | words("success200 approved nan undefined empty")
    | {""}
)
SAID_OK = words("ok success succeeded successful approved completed done normal noerror")
"""What a message beside a code says when the code is no error."""
OUTCOME_CODES = words("resultcode responsecode retcode returncode bizcode respcode rspcode")
BAD_TYPES = (
    "error",
    "exception",
    "fault",
    "failure",
    "operationoutcome",
    "notfound",
    "denied",
    "fatal",
)


@lru_cache(maxsize=8192)
def kinds_of(name: str) -> frozenset[str]:
    """All that a field of this name may tell; mostly nothing."""
    plain = bare(name)
    kinds = {kind for kind, names in KINDS.items() if plain in names}
    if name.endswith(("_id", "Id", "ID", "-id")) and plain not in NOT_IDENTITY:
        kinds.add("identity")
    return frozenset(kinds)


def is_code(name: str) -> bool:
    """Whether a number in this field, which tells of an error, names the error rather than counts
    errors.
    """
    return bare(name).endswith(("code", "errno"))


def bare(word: str) -> str:
    """A name as its letters and digits only, in lower case."""
    return "".join(letter for letter in word[:60].lower() if letter.isalnum())
