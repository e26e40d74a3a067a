# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The machine's own crypt(3), and a hash of every format that it knows."""

import ctypes

SECRET = "correct horse"

_LIBCRYPT = ctypes.CDLL("libcrypt.so.1")
_LIBCRYPT.crypt.restype = ctypes.c_char_p
_LIBCRYPT.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]


def crypt(plain: str, setting: str) -> str | None:
    """Return what crypt(3) of this machine makes of them, None if it refuses."""
    result = _LIBCRYPT.crypt(plain.encode(), setting.encode())
    if result is None or result.startswith(b"*"):
        return None
    return str(result.decode())


def verifies(plain: str, stored: str) -> bool:
    """Tell what exim's crypteq would: does the hash belong to the password?"""
    return crypt(plain, stored) == stored


# One setting for each format and each variant of its parameters.
SETTINGS = {
    "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1",
    "yescrypt without a salt": "$y$j9T$",
    "yescrypt of the smallest cost": "$y$j/.$F5Jx5fExrKuPp53xLKQ..1",
    "yescrypt of the highest cost": "$y$jBT$F5Jx5fExrKuPp53xLKQ..1",
    "gost-yescrypt": "$gy$j9T$F5Jx5fExrKuPp53xLKQ..1",
    "scrypt": "$7$CU..../....F5Jx5fExrKuPp53xLKQ..1",
    "scrypt of the smallest cost": "$7$2/..../....F5Jx5fExrKuPp53xLKQ..1",
    "bcrypt 2b": "$2b$05$KBCwKxOzLha2MUDgW0PjXe",
    "bcrypt 2a": "$2a$05$KBCwKxOzLha2MUDgW0PjXe",
    "bcrypt 2y": "$2y$04$KBCwKxOzLha2MUDgW0PjXe",
    "bcrypt 2x": "$2x$05$KBCwKxOzLha2MUDgW0PjXe",
    "SHA512-crypt": "$6$k2XAnEHBqQ1Ct2aM$",
    "SHA512-crypt, short salt": "$6$a$",
    "SHA512-crypt, no salt": "$6$$",
    "SHA512-crypt, salt of other characters": "$6$a\"#%&'()+,-<@[|~$",
    "SHA512-crypt with rounds": "$6$rounds=1000$k2XAnEHBqQ1Ct2aM$",
    "SHA512-crypt with many rounds": "$6$rounds=1000000$k2XAnEHBqQ1Ct2aM$",
    "SHA256-crypt": "$5$k2XAnEHBqQ1Ct2aM$",
    "SHA256-crypt with rounds": "$5$rounds=100000$k2XAnEHBqQ1Ct2aM$",
    "sha1crypt": "$sha1$20000$qI1BtUnBX7KMaJ4N$",
    "SunMD5": "$md5$mA1BpMnB$",
    "SunMD5, bare salt": "$md5$mA1BpMnB",
    "SunMD5 with rounds": "$md5,rounds=5000$mA1BpMnB$",
    "MD5-crypt": "$1$k2XAnEHB$",
    "MD5-crypt, no salt": "$1$$",
    "NT": "$3$",
    "BSDi DES": "_J9..k2XA",
    "DES": "kl",
}
HASHES = {name: crypt(SECRET, setting) for name, setting in SETTINGS.items()}
SHA512 = str(HASHES["SHA512-crypt"])
