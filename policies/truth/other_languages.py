"""Failures in other languages than English: what opens a message, what a short message or the title
of a page says. Pure tables over lower-cased text, bounded and linear.
"""

import re

OPENING = re.compile(
    r"\W{0,3}(?:fehler|erreur|error|errore|erro|fout|fel|feil|fejl|virhe|błąd|chyba|hiba|hata"
    r"|eroare|грешка|ошибка|помилка|错误|錯誤|エラー|오류|خطأ|שגיאה|lỗi|kesalahan)\s{0,2}[:：]"
)
FAILURE = re.compile(
    # not found
    r"nicht gefunden\b|\bintrouvable|\bn'existe pas\b|\bno (?:se ha |ha sido )?encontrad[oa]"
    r"|\bno existe\b|\bnon trovat[oa]|\bnon esiste\b|\bnão (?:foi )?encontrad[oa]|\bnão existe\b"
    r"|\bniet gevonden\b|\bhittades inte\b|\bikke funnet\b|\bnie znaleziono\b|\bnenalezen"
    r"|\bне найден|\bне знайдено|未找到|找不到|不存在|見つかりません|存在しません|찾을 수 없"
    # refused
    r"|\bzugriff verweigert|\bkeine berechtigung|\baccès (?:refusé|interdit)|\bacceso denegado"
    r"|\baccesso negato|\bacesso negado|\btoegang geweigerd|\bдоступ запрещ[её]н"
    r"|拒绝访问|访问被拒绝|没有权限|アクセスが拒否|권한이 없"
    # broken
    r"|\b(?:interner )?serverfehler\b|\berreur interne\b|\berror interno\b|\berrore interno\b"
    r"|\berro interno\b|\bвнутренняя ошибка|服务器(?:内部)?错误|内部服务器错误|サーバー ?エラー"
    r"|\bnicht verfügbar\b|\b(?:temporairement )?indisponible\b|\bno disponible\b"
    r"|\bnon disponibile\b|\bindisponível\b|服务不可用|\bвременно недоступ"
    # not done, or for want of something
    r"|\bkonnten? (?:leider )?nicht\b|\bn'(?:a|ont) pas pu\b|\bno se pudo\b|\bno pudo\b"
    r"|\bno ha podido\b|\bno fue posible\b|\bsaldo insuficiente\b|\bnão foi possível\b"
    r"|\bnão conseguiu\b|\bnon è stato possibile\b|\bnon (?:è|sono) riuscit|\bkon(?:den)? niet\b"
    r"|\bis mislukt\b|\bkunde inte\b|\bkunne ikke\b|\bmisslyckades\b|\bmislykke[dt]es\b"
    r"|\bnie udało się\b|\bnie powiod|\bnepodařilo se\b|\bse nezdařil|\bnem sikerült\b"
    r"|\bnu s-a putut\b|\bepäonnistui\b|\bei voitu\b|\bне удал(?:ось|ся)|\bне вдалося\b"
    r"|\bαπέτυχε|\w{3,30}(?:amadı|emedi|amıyor|emiyor)\b|\bbaşarısız|không thể\b|thất bại\b"
    r"|\bgagal\b|\btidak ditemukan\b|فشل|تعذر|נכשל|ล้มเหลว|विफल|できませんでした|못했습니다"
    r"|실패(?:했|하였)|无法|無法|未能|系统繁忙|余额不足|请稍后(?:再试|重试)"
    r"|\bfehlgeschlagen\b|\bgescheitert\b|\ba échoué\b|\bha fallado\b|\bfalhou\b|失败|失敗しました"
)
# One of these stands in each wording that is written in ASCII: looked for before the pattern is.
HINTS = (
    "nicht", "keine", "fehl", "introuvable", "exist", "trovat", "encontrad", "gevonden",
    "hittades", "funnet", "znaleziono", "nenalezen", "verweigert", "gescheitert", "denegado",
    "negato", "negado", "geweigerd", "intern", "dispon", "fallado", "falhou", "pas pu", "pudo",
    "podido", "fue posible", "insuficiente", "kon", "mislu", "mislyk", "misslyck", "kunde inte",
    "kunne ikke", "nem siker", "s-a putut", "ei voitu", "riuscit", "gagal", "tidak ditemukan",
)  # fmt: skip
DONE = re.compile(
    r"(?<!不)(?<!未)(?<!没有)成功|(?<!nicht )\berfolgreich|\bcon éxito\b|\bavec succès\b"
    r"|\bcom sucesso\b|\bcon successo\b|(?<!не )\bуспешно\b|\bbaşarıyla\b|thành công\b|\bberhasil\b"
)
"""Words of what did work: the others then speak of what can be done next."""
LONGEST = 160
"""Characters: in a longer text these words may be what it is about."""


def failure_in(text: str) -> str:
    """The words of a short text that say it failed, or nothing."""
    if len(text) > LONGEST or (text.isascii() and not hinted(HINTS, text)):
        return ""
    hit = FAILURE.search(text)
    return hit[0] if hit and not DONE.search(text[: hit.start()]) else ""


def hinted(hints: tuple[str, ...], text: str) -> bool:
    """Whether a text has one of the substrings without which its pattern need not be tried."""
    # a plain loop takes half the time of any(), and this runs for every message
    for hint in hints:  # noqa: SIM110
        if hint in text:
            return True
    return False
