-- Managed by exordos_mail: who logs in, and where their mailboxes are.
--
-- Every lookup opens its file anew: a change counts at once, for all processes. The files
-- are constant databases (https://cr.yp.to/cdb/cdb.txt), one for each bucket of accounts
-- (exordos_mail/protocol/documents.py), from a login to words `name=value`:
--
--   mailbox     names the home
--   hash        of crypt(5); not there: nobody logs in
--   rule        the quota, as quota_rule has it
--   app         <sha256>:<seconds of Unix time, 0 for never>:<services>:<uuid>, any number
--
-- A file that cannot be read is a temporary failure: never "there is no such user".

local DIRECTORY = "/etc/dovecot/exordos_mail/accounts/"
local STORE = "/var/mail/vhosts/"
local SCRIPTS = "/etc/dovecot/exordos_mail_scripts/"
local ENOENT = 2
local BUCKETS = 64
local NOTES = "/run/exordos-mail-dovecot/notes"
-- Nobody has read them for long.
local NOTES_MOST = 4194304
local UNREADABLE = "a lookup file of accounts cannot be read"
-- Compared with the password of a login that does not exist, so that its answer takes as
-- long as that of a wrong password. No password gives it: nobody knows an input of dots.
local DECOY = "{CRYPT}$6$nobody$" .. string.rep(".", 86)

local function octets(file, position, count)
  file:seek("set", position)
  local read = file:read(count)
  if count > 0 and (read == nil or #read < count) then
    error(UNREADABLE, 0)
  end
  return read or ""
end

local function hash(key)
  local value = 5381
  for index = 1, #key do
    value = ((value * 33) & 0xffffffff) ~ key:byte(index)
  end
  return value
end

-- Return the value of a key in a file that is open, or nil.
local function find(file, key)
  local hashed = hash(key)
  local table_at, length = string.unpack("<I4I4", octets(file, (hashed & 255) * 8, 8))
  for step = 0, length - 1 do
    local slot = ((hashed >> 8) + step) % length
    local found, position = string.unpack("<I4I4", octets(file, table_at + slot * 8, 8))
    if position == 0 then
      return nil
    end
    if found == hashed then
      local key_size, value_size = string.unpack("<I4I4", octets(file, position, 8))
      if key_size == #key and octets(file, position + 8, key_size) == key then
        return octets(file, position + 8 + key_size, value_size)
      end
    end
  end
  return nil
end

local function lookup(bucket, key)
  local file = io.open(DIRECTORY .. bucket .. ".cdb", "rb")
  if file == nil then
    error(UNREADABLE, 0)
  end
  local is_read, value = pcall(find, file, key)
  file:close()
  if not is_read then
    error(UNREADABLE, 0)
  end
  return value
end

-- Return the row of a login, or nil. Accounts of the primary domain are spread by their
-- names, others by their addresses; which domain is the primary one is not asked here.
local function row(req, login)
  local named = tonumber(req:var_expand("%{md5;truncate=8:username}"), 16) % BUCKETS
  local value = lookup(named, login)
  if value == nil then
    local whole = tonumber(req:var_expand("%{md5;truncate=8:user}"), 16) % BUCKETS
    value = lookup(whole, login)
  end
  return value
end

-- Note for the agent who has logged in, or got a message: service, login, mailbox, the
-- uuid of the app password or "-", seconds. A line is one write, so they do not mix. No
-- login waits for it, or fails by it.
local function note(req, box, app)
  local file = io.open(NOTES, "a")
  if file == nil then
    return
  end
  if file:seek("end") < NOTES_MOST then
    local line = { req.service, req.user, box, app, tostring(os.time()) }
    file:write(table.concat(line, " ") .. "\n")
  end
  file:close()
end

local function words(value)
  local found = {}
  for name, word in value:gmatch("(%l+)=(%S+)") do
    found[name] = word
  end
  return found
end

-- What the SHA family costs grows with the password: 511 octets under a million rounds
-- take seconds. From 100,000 rounds on, a password has 128 octets at the most.
local function is_costly(hashed, password)
  local has_rounds = hashed:match("^%$[56]%$rounds=%d%d%d%d%d%d")
    or hashed:match("^%$sha1%$%d%d%d%d%d%d")
  return #password > 128 and has_rounds ~= nil
end

-- Return the uuid of the app password that the password is, if it is one for the service
-- that is logged in to; else nil.
local function app_used(req, value)
  local wanted = req:var_expand("%{sha256:password}")
  local pattern = " app=(%x+):(%d+):([%l%d,]+):(%S+)"
  for digest, expires, services, uuid in value:gmatch(pattern) do
    if digest == wanted then
      local last = tonumber(expires)
      local is_open = ("," .. services .. ","):find("," .. req.service .. ",", 1, true)
      local is_good = is_open ~= nil and (last == 0 or os.time() < last)
      return is_good and uuid or nil
    end
  end
  return nil
end

-- What tells whether an account is still the one that a password was verified of: all of
-- its row but the quota.
local function version(value)
  return string.format("%08x", hash((value:gsub(" rule=%S+", ""))))
end

local function verify(req, password)
  -- Dovecot takes clients of this machine for secured, whom "ssl = required" lets in.
  if req.secured ~= "TLS" then
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, { reason = "Use TLS to log in." }
  end
  local value = row(req, req.user)
  local found = value and words(value) or {}
  local app = value and app_used(req, value)
  if app then
    note(req, found.mailbox, app)
    return dovecot.auth.PASSDB_RESULT_OK, { version = version(value) }
  end
  if found.hash == nil then
    req:password_verify(DECOY, password)
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, {}
  end
  local is_tried = not is_costly(found.hash, password)
  if is_tried and req:password_verify("{CRYPT}" .. found.hash, password) == 1 then
    note(req, found.mailbox, "-")
    return dovecot.auth.PASSDB_RESULT_OK, { version = version(value) }
  end
  return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, {}
end

-- Have the scripts run that the control plane keeps for the account, in the order of
-- its list; most have none. The first places are those of dovecot.conf.
local function add_scripts(fields, directory)
  local list, _, number = io.open(directory .. "list")
  if list == nil then
    if number ~= ENOENT then
      error("a list of Sieve scripts cannot be read", 0)
    end
    return
  end
  local place = 3
  for name in list:lines() do
    fields["sieve_before" .. place] = directory .. name .. ".sieve"
    place = place + 1
  end
  list:close()
end

local function place(req)
  local value = row(req, req.user)
  local found = value and words(value)
  local verified = req:var_expand("%{passdb:version}")
  -- A session that begins while its account changes does not go on.
  if found == nil or (verified ~= "" and verified ~= version(value)) then
    return dovecot.auth.USERDB_RESULT_USER_UNKNOWN, {}
  end
  if req.service == "lmtp" then
    note(req, found.mailbox, "-")
  end
  local fields = { home = STORE .. found.mailbox }
  if req.service == "lmtp" then
    add_scripts(fields, SCRIPTS .. found.mailbox .. "/")
  end
  if found.rule ~= nil then
    fields.quota_rule = "*:" .. found.rule
  end
  return dovecot.auth.USERDB_RESULT_OK, fields
end

function auth_password_verify(req, password)
  local is_done, result, fields = pcall(verify, req, password)
  if not is_done then
    req:log_error(tostring(result))
    return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE, UNREADABLE
  end
  return result, fields
end

function auth_userdb_lookup(req)
  local is_done, result, fields = pcall(place, req)
  if not is_done then
    req:log_error(tostring(result))
    return dovecot.auth.USERDB_RESULT_INTERNAL_FAILURE, UNREADABLE
  end
  return result, fields
end
