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

-- What callers on hold are told at key 2: by the demonstration's caller, and by the phones.
INSERT INTO account (phone, number, balance, currency, locked)
VALUES ('5550199', '0042', 15.20, 'USD', false),
       ('5550199', '100731', -3.05, 'USD', false),
       ('2000', '20001', 15023007000.30, 'RUB', false),
       ('3000', '30001', 0, 'BRL', true)
ON CONFLICT DO NOTHING;

COMMIT;
