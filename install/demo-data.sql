-- Data of a fresh private stack. The session setting queueapp.xmpp_domain holds the XMPP domain. May run again.
BEGIN;

INSERT INTO customer (id, name, code)
VALUES (1, 'Company 1', '1111'),
       (2, 'Company 2', '2222')
ON CONFLICT DO NOTHING;

-- Rows that get their id by themselves go on behind these two.
SELECT setval(pg_get_serial_sequence('customer', 'id'), (SELECT max(id) FROM customer));

-- The CRM's account may subscribe to each extension's node.
INSERT INTO extension (number, jid, subscribers)
VALUES ('1000', 'user1@' || current_setting('queueapp.xmpp_domain'), ARRAY['crm@' || current_setting('queueapp.xmpp_domain')]),
       ('2000', 'user2@' || current_setting('queueapp.xmpp_domain'), ARRAY['crm@' || current_setting('queueapp.xmpp_domain')]),
       ('3000', 'user3@' || current_setting('queueapp.xmpp_domain'), ARRAY['crm@' || current_setting('queueapp.xmpp_domain')])
ON CONFLICT DO NOTHING;

INSERT INTO queue (name, title)
VALUES ('support', 'Support')
ON CONFLICT DO NOTHING;

COMMIT;
