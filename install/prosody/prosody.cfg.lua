-- Prosody 0.12 for queueapp: members, CRM software and queueapp are accounts of one domain; the pubsub service holds one
-- node per extension. Complete as it lies; on a machine that already runs Prosody, only the Component and the lines marked
-- (*) are needed.
--
-- To change: example.org, the paths of the certificate, the groups file.

run_as_root = false
pidfile = "/run/prosody/prosody.pid"
data_path = "/var/lib/prosody"
log = {
  { levels = { min = "info" }, to = "file", filename = "/var/log/prosody/prosody.log" };
}

interfaces = { "*" }
c2s_ports = { 5222 }
c2s_direct_tls_ports = { 5223 }
-- No other domains and no HTTP: whoever may see customers' data is an account here.
http_ports = {}
https_ports = {}
modules_disabled = { "s2s" }

modules_enabled = {
  "disco", "roster", "saslauth", "tls", "blocklist", "carbons", "pep", "ping", "posix", "version", "offline";
  "smacks";   -- (*) a connection that breaks is resumed, nothing is lost
  "adhoc";    -- (*) commands of queueapp in clients' menus: some show none unless the server itself offers them
  "limits";
  "groups";   -- (*) queueapp and the members see each other's presence without asking
}

c2s_require_encryption = true
authentication = "internal_hashed"
allow_registration = false
storage = "internal"

-- Seconds for which a client that vanished still counts as available (Prosody's default is 600).
smacks_hibernation_time = 60

-- (*) Ten kilobytes a second are plenty for a person, and too little for an application that publishes for all of them.
limits = {
  c2s = { rate = "10kb/s"; burst = "3s" };
}
unlimited_jids = { "queueapp@example.org" }

-- (*) One line per member.
groups_file = "/etc/prosody/queueapp-groups.txt"

VirtualHost "example.org"
  ssl = {
    key = "/etc/prosody/certs/example.org.key";
    certificate = "/etc/prosody/certs/example.org.crt";
  }

-- (*) Only queueapp may create nodes, and nobody reads one without being named in it (queueapp creates each with access
-- by whitelist). Storage "memory" is eight times as fast and forgets the newest item when Prosody restarts.
Component "pubsub.example.org" "pubsub"
  admins = { "queueapp@example.org" }
  storage = "internal" -- of the nodes
  autocreate_on_publish = false
  autocreate_on_subscribe = false
  expose_publisher = false
