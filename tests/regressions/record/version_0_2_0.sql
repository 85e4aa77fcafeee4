BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'miro-bot','first','2026-11-29 18:23:35.004744+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'miro-bot','relations','2026-11-29 18:23:35.019786+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'miro-bot','teams_left','2026-11-29 18:23:35.020006+00:00');
CREATE TABLE accounts (
  slack_id TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people,
  standing TEXT NOT NULL, checked_at TEXT, zone TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "accounts" VALUES('U0CAROL',1,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0DANA',2,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0LENA',3,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0SAM',4,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0ALEX',5,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0PRIYA',6,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
INSERT INTO "accounts" VALUES('U0JO',7,'colleague','2026-03-02T09:00:00.000Z','Europe/Berlin');
CREATE TABLE admins (
  miro_id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, rights TEXT NOT NULL
) STRICT;
INSERT INTO "admins" VALUES('3074457345618000006','carol@example.com','Carol Diaz','Company Admin');
INSERT INTO "admins" VALUES('3074457345618000009','jo@example.com','Jo Park','Company Admin');
CREATE TABLE cards (
  request TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL, round INTEGER NOT NULL,
  channel TEXT NOT NULL, ts TEXT NOT NULL, drawn TEXT NOT NULL, tries INTEGER NOT NULL,
  next_try_at TEXT, ended TEXT NOT NULL, PRIMARY KEY (request, role, address, round)
) STRICT, WITHOUT ROWID;
INSERT INTO "cards" VALUES('R-1','approver','P-1',1,'DU0CAROL','1772442000.000028','fb9007f4d31c17fa',0,NULL,'');
INSERT INTO "cards" VALUES('R-1','approver','P-4',1,'DU0SAM','1772442000.000040','fb9007f4d31c17fa',0,NULL,'');
INSERT INTO "cards" VALUES('R-1','approver','P-6',1,'DU0PRIYA','1772442000.000016','fb9007f4d31c17fa',0,NULL,'');
INSERT INTO "cards" VALUES('R-1','requester','P-5',0,'DU0ALEX','1772442000.000052','bfd9478698ea544f',0,NULL,'');
INSERT INTO "cards" VALUES('R-1','result','P-5',1,'DU0ALEX','1772442000.000075','4ef74451fad1fcc3',0,NULL,'');
INSERT INTO "cards" VALUES('R-10','requester','P-5',0,'DU0ALEX','1772442000.000734','008c31a2c08f65f6',0,NULL,'');
INSERT INTO "cards" VALUES('R-2','approver','P-1',1,'DU0CAROL','1772442000.000100','1072c64b914f11a6',0,NULL,'');
INSERT INTO "cards" VALUES('R-2','approver','P-4',1,'DU0SAM','1772442000.000111','1072c64b914f11a6',0,NULL,'');
INSERT INTO "cards" VALUES('R-2','requester','P-2',0,'DU0DANA','1772442000.000122','9eb76e7871a83839',0,NULL,'');
INSERT INTO "cards" VALUES('R-2','result','P-2',1,'DU0DANA','1772442000.000142','e009b38380935bc9',0,NULL,'');
INSERT INTO "cards" VALUES('R-3','approver','P-1',1,'DU0CAROL','1772442000.000170','81a53aa004086557',0,NULL,'');
INSERT INTO "cards" VALUES('R-3','approver','P-4',1,'DU0SAM','1772442000.000183','81a53aa004086557',0,NULL,'');
INSERT INTO "cards" VALUES('R-3','requester','P-2',0,'DU0DANA','1772442000.000196','a6f235ccce5c3284',0,NULL,'');
INSERT INTO "cards" VALUES('R-3','result','P-2',1,'DU0DANA','1772442000.000216','bf467c870bb43e48',0,NULL,'');
INSERT INTO "cards" VALUES('R-3','subject','P-5',1,'DU0ALEX','1772442000.000223','678cadd0612a041e',0,NULL,'');
INSERT INTO "cards" VALUES('R-4','approver','P-1',1,'DU0CAROL','1772442000.000264','55354e23cb1a3e47',0,NULL,'');
INSERT INTO "cards" VALUES('R-4','approver','P-4',1,'DU0SAM','1772442000.000276','55354e23cb1a3e47',0,NULL,'');
INSERT INTO "cards" VALUES('R-4','approver','P-6',1,'DU0PRIYA','1772442000.000252','55354e23cb1a3e47',0,NULL,'');
INSERT INTO "cards" VALUES('R-4','requester','P-3',0,'DU0LENA','1772442000.000288','10befeeb9cd2a9a0',0,NULL,'');
INSERT INTO "cards" VALUES('R-4','result','P-3',1,'DU0LENA','1772442000.000311','e634aa27da974a0e',0,NULL,'');
INSERT INTO "cards" VALUES('R-5','approver','P-1',1,'DU0CAROL','1772442000.000337','28d3a90bc27a834d',0,NULL,'');
INSERT INTO "cards" VALUES('R-5','approver','P-4',1,'DU0SAM','1772442000.000348','28d3a90bc27a834d',0,NULL,'');
INSERT INTO "cards" VALUES('R-5','requester','P-3',0,'DU0LENA','1772442000.000359','2855982e4969f4de',0,NULL,'');
INSERT INTO "cards" VALUES('R-5','result','P-3',1,'DU0LENA','1772442000.000379','8f204f4a6634d5d0',0,NULL,'');
INSERT INTO "cards" VALUES('R-6','approver','P-1',1,'DU0CAROL','1772442000.000410','f69add7a6f2b2178',0,NULL,'');
INSERT INTO "cards" VALUES('R-6','approver','P-4',1,'DU0SAM','1772442000.000421','f69add7a6f2b2178',0,NULL,'');
INSERT INTO "cards" VALUES('R-6','approver','P-6',1,'DU0PRIYA','1772442000.000399','f69add7a6f2b2178',0,NULL,'');
INSERT INTO "cards" VALUES('R-6','requester','P-5',0,'DU0ALEX','1772442000.000432','9c073037f5c4eb72',0,NULL,'');
INSERT INTO "cards" VALUES('R-6','result','P-5',1,'DU0ALEX','1772442000.000462','c278fe4a8902819f',0,NULL,'');
INSERT INTO "cards" VALUES('R-7','approver','P-1',1,'DU0CAROL','1772442000.000486','0c31c3a7cf8b54bc',0,NULL,'');
INSERT INTO "cards" VALUES('R-7','operator','P-1',1,'DU0CAROL','1772442000.000521','1936db4c41d0feb5',0,NULL,'');
INSERT INTO "cards" VALUES('R-7','operator','P-4',1,'DU0SAM','1772442000.000531','b18c326994cff955',0,NULL,'');
INSERT INTO "cards" VALUES('R-7','requester','P-4',0,'DU0SAM','1772442000.000498','70c2d6a7b10bb78f',0,NULL,'');
INSERT INTO "cards" VALUES('R-7','result','P-4',1,'DU0SAM','1772442000.000515','931860cac02fbdaa',0,NULL,'');
INSERT INTO "cards" VALUES('R-8','approver','P-1',1,'DU0CAROL','1772442000.000556','a39d84bdf89fe7f0',0,NULL,'');
INSERT INTO "cards" VALUES('R-8','approver','P-4',1,'DU0SAM','1772442000.000568','94f4b893411fd782',0,NULL,'');
INSERT INTO "cards" VALUES('R-8','question','P-2',1,'DU0DANA','1772442000.000632','57f97e414374df58',0,NULL,'');
INSERT INTO "cards" VALUES('R-8','requester','P-2',0,'DU0DANA','1772442000.000580','07d6c4c3359bfe19',0,NULL,'');
INSERT INTO "cards" VALUES('R-9','approver','P-1',1,'DU0CAROL','1772442000.000667','1b8c06804e900977',0,NULL,'');
INSERT INTO "cards" VALUES('R-9','approver','P-4',1,'DU0SAM','1772442000.000678','1b8c06804e900977',0,NULL,'');
INSERT INTO "cards" VALUES('R-9','approver','P-6',1,'DU0PRIYA','1772442000.000656','1b8c06804e900977',0,NULL,'');
INSERT INTO "cards" VALUES('R-9','requester','P-5',0,'DU0ALEX','1772442000.000689','e14b5bd1d9f5effc',0,NULL,'');
INSERT INTO "cards" VALUES('R-9','result','P-5',1,'DU0ALEX','1772442000.000712','1a115df78de55ba2',0,NULL,'');
CREATE TABLE delegations (
  person INTEGER PRIMARY KEY REFERENCES people, delegate INTEGER NOT NULL REFERENCES people,
  since TEXT NOT NULL, until TEXT NOT NULL
) STRICT;
CREATE TABLE found_by (
  key TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "found_by" VALUES('about:P-4',7);
INSERT INTO "found_by" VALUES('by:P-4',7);
INSERT INTO "found_by" VALUES('team:3074457345618000003',7);
INSERT INTO "found_by" VALUES('team:3074457345618000007',7);
INSERT INTO "found_by" VALUES('team:design',7);
INSERT INTO "found_by" VALUES('team:research',7);
INSERT INTO "found_by" VALUES('about:P-2',8);
INSERT INTO "found_by" VALUES('asked:P-1',8);
INSERT INTO "found_by" VALUES('asked:P-4',8);
INSERT INTO "found_by" VALUES('by:P-2',8);
INSERT INTO "found_by" VALUES('team:3074457345618000003',8);
INSERT INTO "found_by" VALUES('team:design',8);
CREATE TABLE groups (
  id TEXT PRIMARY KEY, security_name TEXT NOT NULL, known_name TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "groups" VALUES('3074457345618000001','g_app_proeng_all','Engineering',0);
INSERT INTO "groups" VALUES('3074457345618000002','g_app_itadmin_all','g_app_itadmin_all',0);
INSERT INTO "groups" VALUES('3074457345618000003','Design','Design',0);
INSERT INTO "groups" VALUES('3074457345618000004','Sales','Sales',0);
INSERT INTO "groups" VALUES('3074457345618000005','Everybody','Everybody',0);
INSERT INTO "groups" VALUES('3074457345618000007','Research','Research',0);
CREATE TABLE homes (
  slack_id TEXT PRIMARY KEY, opened_at TEXT NOT NULL, wanted INTEGER NOT NULL, shown INTEGER NOT NULL,
  drawn TEXT NOT NULL, notice TEXT NOT NULL, noticed_at TEXT, tries INTEGER NOT NULL, next_try_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE lanes (
  key TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
  format INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, body TEXT NOT NULL,
  prev TEXT NOT NULL, hash TEXT NOT NULL, UNIQUE (stream, version)
) STRICT;
INSERT INTO "ledger" VALUES(1,'policy',1,'policy-in-force',1,'2026-03-02T09:00:00.000Z','bot','{"hash":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d"}','0000000000000000000000000000000000000000000000000000000000000000','698aed870dfab6cb1d83491c2e4c526aa8e44f6f5e8eeb79510c23001ffe3865');
INSERT INTO "ledger" VALUES(2,'R-1',1,'asked',1,'2026-03-02T09:00:00.000Z','P-5','{"action":"request-access","lanes":["person:P-5"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-5","words":{"case":"307e1facc2bce772e31c9ec2cc541206b09d9d19db5618ae21129db9748b7e5f","details":"2b6516a69135636f1b1f52ddbf8c4e1096fb446e6aa19c683ecababe0863c6ec","reason":"5289fc4ebfafd13364673ef5cca0c59dbbcbe52b09b382ddb2b196d3cbdf8b1c","who":"ce18d04133d51ae00cc7f267c259bff99e9ce2cbf54da22c1c1c5d60028722a2"}}','698aed870dfab6cb1d83491c2e4c526aa8e44f6f5e8eeb79510c23001ffe3865','646909d0fb4ed2334d806962981ec585ff922fa9769a92f88a192ccd792fe089');
INSERT INTO "ledger" VALUES(3,'R-1',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-6","P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["person:P-5"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"f2bc457006c5","step":0,"steps":1,"subject":"P-5","told":["P-6","P-1","P-4"],"words":{"about":"2f9139a2ec2d7d118c6a35a6349ac9e48795e5dbb48705bfd2b033d4086fc677","asked_by":"b838d779a7780f8d0341998c1fc593702b6af80f22f6489a5d4a0c5f8a1ca68c","case":"23fb65afc91c64c0a8350924d5b6d0cb3bc8b6c3ad1f91ab9f5ef6afb11acafd","details":"e0cdec18ac87666c9bdeb9dbaa1268ad672bc820fba024138c14ce744863a553","may_decide":"84d0a0a7a55a8c7ee00e21b6ad7c3194462b2265aa4ec021ab57e0853ad52d5f","plan":"c9f79a5a9a898dca692904af4022a2c21c78ba2882dd234e8ceae2aad6929412","routing":"697a8d7c8b1ba2d8a5627ee4a71b2277011fd2100406875c0627743ae880fd4c"}}','646909d0fb4ed2334d806962981ec585ff922fa9769a92f88a192ccd792fe089','5849043e4d730bb85dbd00f3a12d53292214bd91946cdf18b89c4cfdd35bbf4c');
INSERT INTO "ledger" VALUES(4,'R-1',3,'voted',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"f2bc457006c5","words":{"who":"212ab9802b643dde3e0deebbd419740bdac777c932386a1fd8fb4be5757a9b42"}}','5849043e4d730bb85dbd00f3a12d53292214bd91946cdf18b89c4cfdd35bbf4c','963de5c30355f5fd69142ae4bf8614a398e89c1c98fe496f318dac38f428710f');
INSERT INTO "ledger" VALUES(5,'R-1',4,'approved',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"f2bc457006c5","words":{"who":"ccd1983241b676cf39f9990588489914beb1b5af595d7c6bcdce1d1c8067f5da"}}','963de5c30355f5fd69142ae4bf8614a398e89c1c98fe496f318dac38f428710f','c27bd8874c2b999d0a8cfdc83bf321f17d95b97c880dcdb3583e06a0df180e8e');
INSERT INTO "ledger" VALUES(6,'R-1',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"POST /Users","step":"account"}','c27bd8874c2b999d0a8cfdc83bf321f17d95b97c880dcdb3583e06a0df180e8e','43e9f6d07c7562c2f28d6805dbaf92aecf9d703efcc728beafb2e4427ac8d560');
INSERT INTO "ledger" VALUES(7,'R-1',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"account","words":{"text":"22f0eca87ba583942e8776021493fcfe3f1e1b389e47f41b1b35caf218f3d890"}}','43e9f6d07c7562c2f28d6805dbaf92aecf9d703efcc728beafb2e4427ac8d560','0f1b81fb613a8aaf30f7a2b56941ca03827c269a3036df9f4319c5c44836efc9');
INSERT INTO "ledger" VALUES(8,'R-1',7,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000001","step":"join 3074457345618000001 Engineering"}','0f1b81fb613a8aaf30f7a2b56941ca03827c269a3036df9f4319c5c44836efc9','a35c4c84241ac2bd9aa97188941c86e18bce048ee88777b14e1f9df1c652af46');
INSERT INTO "ledger" VALUES(9,'R-1',8,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"join 3074457345618000001 Engineering","words":{"text":"070d9405ec18467ae9e115dd535e3bde08b274e2425582a72902b92e3a1ec929"}}','a35c4c84241ac2bd9aa97188941c86e18bce048ee88777b14e1f9df1c652af46','34540b0fd37d65cf90106a3c853a9e7303175a7711a6bc0ce768abc1dddc20bf');
INSERT INTO "ledger" VALUES(10,'R-1',9,'done',1,'2026-03-02T09:00:00.000Z','bot','{"seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"b5b0a1011e9f804d842d5a4ec75fa881c0d7453ed9539de4e6da5c69bf677004","lines":"f47a02f053188687222d400f0b1a2b42cf89499013bd9e751c9f1dd696cfc53a","look":"f9011578cb7a97ff5c33ab02c293273bb5c18c5a0249c0d59aceaa9a44edb6a4","seen":"d06bb543a5e50a55f0498f5c3ad888298fc7da0cf0bb622eefe01153ff68a99f","text":"64494a56cf27f41e243bbc97027755fd9873f6293f5c98e0cecc11aeca86f4f5"}}','34540b0fd37d65cf90106a3c853a9e7303175a7711a6bc0ce768abc1dddc20bf','383e34bd9b28b8d0aa263a7276801b5a7e1c57a3d337af0ae5f9f3027ee033d6');
INSERT INTO "ledger" VALUES(11,'R-2',1,'asked',1,'2026-03-02T09:00:00.000Z','P-2','{"action":"rename-group","lanes":["group:3074457345618000001"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","words":{"case":"90976726ee8dcc93ebfc02a7c80b51d4bc77919fcc95d68fc0e2dc91cf7b5004","details":"dfcefa723e9d05c8b1d49399e9c3c28b86746629badcd9b0dce9cfa5cb254bc4","reason":"0ea991f0f94d675ae392645dbc041cfe170d920f477992f9986c18f7c5f835bb","who":"3774e693e103111251da568899498e257b46dc263024abba088e536ea8b38a12"}}','383e34bd9b28b8d0aa263a7276801b5a7e1c57a3d337af0ae5f9f3027ee033d6','f22fac59ba1f76dd75f43288ec9fdfdb9678e9a157a4f4ee847ebae2ede8fe4d');
INSERT INTO "ledger" VALUES(12,'R-2',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["group:3074457345618000001"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"29f48bad3f91","step":0,"steps":1,"told":["P-1","P-4"],"words":{"asked_by":"a344ea516d8d0f2c5bdfa6e650dbf4423c883b23426d7db025ee35c71d2a5287","case":"0cf6c4fceb53f0a47133f960e9d7daa148aa939695802af7f3ea4d904f7848f4","details":"6a6a09db44728e4be269c55104622e6fd182ae8796f8d36e11e8d4eadab2a032","may_decide":"75c460ed277e4b3ba9fb468f7a17764e474fa714231966175f56d7b9e26fc65e","plan":"b47e4b75b900e8bec3feb01208f4e1bb9c444a5033bb842924cb542cdd7478e1","routing":"ac1386e1252c9276329805ebafee9beda9f6703ed87709e789e9d9905416870f"}}','f22fac59ba1f76dd75f43288ec9fdfdb9678e9a157a4f4ee847ebae2ede8fe4d','e1986faa956416b38b62ab8f3733e7763e0dbf17a4cca1b5e75786d0a29bdb68');
INSERT INTO "ledger" VALUES(13,'R-2',3,'voted',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"29f48bad3f91","words":{"who":"4b8ce964d02e85c029db609264c549fe3e77135c3c40ced6fed3eb089cf6477d"}}','e1986faa956416b38b62ab8f3733e7763e0dbf17a4cca1b5e75786d0a29bdb68','15eb9bf0e128aebe3e2e5c5f8b8996ef73bc8409cf37f7553a731773278cc716');
INSERT INTO "ledger" VALUES(14,'R-2',4,'approved',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"29f48bad3f91","words":{"who":"aad321ea9065fb6f889b542e9e42644f3a7dd426f08e763f73bd727df470efe2"}}','15eb9bf0e128aebe3e2e5c5f8b8996ef73bc8409cf37f7553a731773278cc716','75c6902938cd9b11e43e7e987b43414da9bdf54b31e6b2ff2b258ad878e86196');
INSERT INTO "ledger" VALUES(15,'R-2',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000001","step":"rename 3074457345618000001 Engineering to g_app_proeng_all"}','75c6902938cd9b11e43e7e987b43414da9bdf54b31e6b2ff2b258ad878e86196','1f5f1bce704f2cf3bfe3b730fc7f1ebaf612b58e0d5d169f0d3eed3785c7d31a');
INSERT INTO "ledger" VALUES(16,'R-2',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"rename 3074457345618000001 Engineering to g_app_proeng_all","words":{"text":"9580447da2e478a282ba16d2c339c8809b246503dfa3df29f0abbf8ab1d673df"}}','1f5f1bce704f2cf3bfe3b730fc7f1ebaf612b58e0d5d169f0d3eed3785c7d31a','1478f7203a6f3e08127d8a2a7841e66eeb21f66f5202728c3461dfa96942996c');
INSERT INTO "ledger" VALUES(17,'R-2',7,'done',1,'2026-03-02T09:00:00.000Z','bot','{"seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"69869b0683899e7425a414c835cd4afd902908ee65bee4e0f88ed885916de265","lines":"e6db8ad59b6615928368dfc5790e05998051b3de3d14bb5d9f65234e273fb25b","look":"7bcfbdd2c1841404241e63a7ecb109e045d11556ef896cefa1e448baa30ca585","seen":"4ccad25bb6d3d6b1fbfac08536f1c70a379ad3eb93b798cc6f307d0a118ce944","text":"69cc6b79649000192aa7e482c8e75f8f9491f69345ffdd82da337e3b78c955b3"}}','1478f7203a6f3e08127d8a2a7841e66eeb21f66f5202728c3461dfa96942996c','eb679a41ff5c05b4b5ce0758fc4dd878c2774030dc5344f7c5d09eb0a94ec7ad');
INSERT INTO "ledger" VALUES(18,'R-3',1,'asked',1,'2026-03-02T09:00:00.000Z','P-2','{"action":"make-admin","lanes":["person:P-5"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-5","words":{"case":"f8b15b13fada2ed465e452399c1889c49fdc79b9e907d7a01f7a9a980810a8b8","details":"91b0b21351410f9030f80746e56bbff003b408f8df6f62ec59e6a8929d69f709","reason":"4ea3f94e42ee17a5f5916ef278d4be4ec66fb0655fc511fbd1a66047dc060db1","who":"0e9b9a48b64d0e182c1efac417786806dd85b6cb658797bc290f29940a3e2187"}}','eb679a41ff5c05b4b5ce0758fc4dd878c2774030dc5344f7c5d09eb0a94ec7ad','df27d416d68d4b030b4e923d8859c8180a55e098a430de8757041be5af27e0e0');
INSERT INTO "ledger" VALUES(19,'R-3',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-03T09:00:00.000Z","lanes":["person:P-5"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-02T17:00:00.000Z","remind_gap":28800,"revision":"4b0404b496d8","step":0,"steps":1,"subject":"P-5","told":["P-1","P-4"],"words":{"about":"f8bedd74c9f040a6dcfa2b2afc25d068df03b89ac01374c51558e7671e8cd06c","asked_by":"7b7a8b8b4a1f26a5e2be9dd317a11af0452a52c861a7b2075ea295645743684e","case":"f85d928f42b72ed5b23db5c793a0319db48cf11ffa2999bbd1d8f96b79fcb6cf","details":"2d15ec8a5747110466c51e5abcb2dadf5f7eb8286edc22ba3565e66bd1963e96","may_decide":"ed7c027d6a4bd7119b99ba72acd23c631a79a83400d2f27da17e8a6e024ab55a","plan":"fd115f526009b1805240052d8107630855e6e30fb6c3476ee6cf8ce7558a51d2","routing":"910257a7e1a98ec0236941890460ca08cb06f7de9290a7ca35b2acb11fd818de"}}','df27d416d68d4b030b4e923d8859c8180a55e098a430de8757041be5af27e0e0','97ecf859822ef2f958e16218b0ba53eabed8a9f129723e6f1252831828e0080e');
INSERT INTO "ledger" VALUES(20,'R-3',3,'voted',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"4b0404b496d8","words":{"who":"2bb04df9bc3917ccf1d8588973bb2739c0ffcdb7be9602ae574fd20b2223c4c2"}}','97ecf859822ef2f958e16218b0ba53eabed8a9f129723e6f1252831828e0080e','822856235f6ea1ccb7b46190884eb12ee1bf9c6d8e36bf06de7cbcdc75f78731');
INSERT INTO "ledger" VALUES(21,'R-3',4,'approved',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"4b0404b496d8","words":{"who":"fd38ed00c68c746132f56594a98c2797dc285232060364cac86734bdcdc1f9fd"}}','822856235f6ea1ccb7b46190884eb12ee1bf9c6d8e36bf06de7cbcdc75f78731','10d1584d59f73045fa5e15bbb49c212b460b9506946290100e519ecdb2d1853c');
INSERT INTO "ledger" VALUES(22,'R-3',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000002","step":"join 3074457345618000002 g_app_itadmin_all"}','10d1584d59f73045fa5e15bbb49c212b460b9506946290100e519ecdb2d1853c','599b0eb675912ba0fd364b08ccb300bce03c3d508b3830e93e74a84068674ecd');
INSERT INTO "ledger" VALUES(23,'R-3',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"join 3074457345618000002 g_app_itadmin_all","words":{"text":"eb53c35ee201c0e88fbedec6b4b2007f6cd516678d0e7e536e8d1d4c644b44af"}}','599b0eb675912ba0fd364b08ccb300bce03c3d508b3830e93e74a84068674ecd','a1dee6948e53dacd5235d31ea8bbdbc50462b1e7a9dad9e37594b11c406e9235');
INSERT INTO "ledger" VALUES(24,'R-3',7,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000001","step":"leave 3074457345618000001 g_app_proeng_all"}','a1dee6948e53dacd5235d31ea8bbdbc50462b1e7a9dad9e37594b11c406e9235','62168a2f8dda7db33da044cace21aebe9c1bad084e0c5d02f817b88f9a1deac9');
INSERT INTO "ledger" VALUES(25,'R-3',8,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"leave 3074457345618000001 g_app_proeng_all","words":{"text":"ac3208951597ec1c448997d4ac4eb4653e694e994a997cd7b7bd648fc5e3766e"}}','62168a2f8dda7db33da044cace21aebe9c1bad084e0c5d02f817b88f9a1deac9','5f6483efd54bc73f680c3a355e275f3b8c19a6b1cfc99b5e508d38884c5f76a2');
INSERT INTO "ledger" VALUES(26,'R-3',9,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Users/3074457345618000011","step":"role ORGANIZATION_INTERNAL_ADMIN"}','5f6483efd54bc73f680c3a355e275f3b8c19a6b1cfc99b5e508d38884c5f76a2','c03b68a9da42e996263def382255e1539c5108f0b42fe86ec94058d8b2c48ac5');
INSERT INTO "ledger" VALUES(27,'R-3',10,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"role ORGANIZATION_INTERNAL_ADMIN","words":{"text":"64fb87de1db0c72b152520f919cca769d9daac1918415d997409d4912dfbb860"}}','c03b68a9da42e996263def382255e1539c5108f0b42fe86ec94058d8b2c48ac5','ccf03595bb6022c80668e22f89c1d7b60892423d0d8a38cec90efbc04cd4a4c9');
INSERT INTO "ledger" VALUES(28,'R-3',11,'done',1,'2026-03-02T09:00:00.000Z','bot','{"seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"8fcc793ffa481a631d767b5c408e9b4841b3c5e103b0a63aac1c841124ea9b18","lines":"4a186c7c896d944a749161948048a1cdb2e0489e6a84cab5f24e161d3cfa9b8e","look":"2fc4942357cd83f40722bd8c8d72eabfe2aa14f02bb1c1e6fe90a995880620e4","seen":"c1573fdc4cfca5a8f8513e4927bca676b7a7f01d6bbf2562cbe3bdd714f63b09","text":"77abb01b14ebf90e97495428d23b5249f9d6d7435f38b360ff8123c26c4c3f31"}}','ccf03595bb6022c80668e22f89c1d7b60892423d0d8a38cec90efbc04cd4a4c9','5850e81e8783192997514eea5e5747554cb9ca1345f8889e30cfd22a04303f51');
INSERT INTO "ledger" VALUES(29,'R-4',1,'asked',1,'2026-03-02T09:00:00.000Z','P-3','{"action":"offboard","lanes":["person:P-7","admins"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-7","words":{"case":"3aad855f8ef695bd5bb83231e720efd327c232e6d14f17b0e514a332c8b78d80","details":"f03c2a8cd3e322416471db97b39cc8f84c7103f4e765d2eb40d272a2f326578a","reason":"e527aa1a01b24f1a429073f5afd43a402356db5e747ed7c2def2d4faf22c3f30","who":"c58a86b6ef3f45962b3c339f4db71c4efa227de4b3a56f799c0dce5cb6e6a237"}}','5850e81e8783192997514eea5e5747554cb9ca1345f8889e30cfd22a04303f51','e945037c666ee0d8f542b278d9a00a223939e063d821d0300f7fa58d5e0b48aa');
INSERT INTO "ledger" VALUES(30,'R-4',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-6","P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-02T17:00:00.000Z","lanes":["person:P-7","admins"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-02T11:40:00.000Z","remind_gap":9600,"revision":"0e83ee8ab41c","step":0,"steps":1,"subject":"P-7","told":["P-6","P-1","P-4"],"words":{"about":"432005c779a2074fd1b4bab1fddc4249f9f4cb7009faa406a8b85afd7da8a950","asked_by":"a95e62d59d8f80ccfbf05a1fe54eaa15cf59a6c721c58e00d1a52d475af72498","case":"768adae6e6b4b33d53649aae72b4c487f98acbb51833f54d17cbd38b96ed698d","details":"2914628255a53d69b1a6db0881a18915502dd7981fd2f5ea7ce4dffac09b622f","may_decide":"7d751c5f8ac4809566aac728faf318544be0e6f90cef27fe1a7ee408a97253fc","plan":"c4a629ad6e689aa6e4aeb1c9cfe84de244a20730e975542d1449975a1eb121e3","routing":"e2e6b845afeb85626a8fba9d6552678c41e64d3b00a7008febe37df27291728f"}}','e945037c666ee0d8f542b278d9a00a223939e063d821d0300f7fa58d5e0b48aa','d464623eb84ff9040cde349065e3a70f5b02581031eff87f3b00f32ff262f1cd');
INSERT INTO "ledger" VALUES(31,'R-4',3,'voted',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"0e83ee8ab41c","words":{"who":"aeedd92361080af953775ef36404598f6ddaca4a3e7de60c96afca4d8574fe4c"}}','d464623eb84ff9040cde349065e3a70f5b02581031eff87f3b00f32ff262f1cd','28bca24e2320ba6dd46b7568cb571d25ff1afcd72bc59abfe748f61854dc8c7e');
INSERT INTO "ledger" VALUES(32,'R-4',4,'approved',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"0e83ee8ab41c","words":{"who":"0e1d424714b4cafa506babe38a2ef2beb508a9db8ec58bf01547dd3fbc5bb15d"}}','28bca24e2320ba6dd46b7568cb571d25ff1afcd72bc59abfe748f61854dc8c7e','0f93087355bc43bec42f30f12b2a67b184056831049a8c5cb767a71ec62c056e');
INSERT INTO "ledger" VALUES(33,'R-4',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Users/3074457345618000009","step":"role ORGANIZATION_INTERNAL_USER"}','0f93087355bc43bec42f30f12b2a67b184056831049a8c5cb767a71ec62c056e','bef54fa3842332b2c3ca323c8f8cc64445773c131eae0c990df5de7137692c56');
INSERT INTO "ledger" VALUES(34,'R-4',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"role ORGANIZATION_INTERNAL_USER","words":{"text":"750826744f117550c609ad091e3197283821d6db59c6d5f51870528d5d8281b8"}}','bef54fa3842332b2c3ca323c8f8cc64445773c131eae0c990df5de7137692c56','c458acd3bf54f9fbc581a803cb491d1b90c98ba4ebc8b0419c1bdd750517e135');
INSERT INTO "ledger" VALUES(35,'R-4',7,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Users/3074457345618000009","step":"inactive"}','c458acd3bf54f9fbc581a803cb491d1b90c98ba4ebc8b0419c1bdd750517e135','dfbff5e9deac153efa4dfc452547465e3cb1ff68f5b1614b2de41bd144961746');
INSERT INTO "ledger" VALUES(36,'R-4',8,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"inactive","words":{"text":"b80ecb282a9af66a994ada7c1da1c5e16a845fb325e5c7d2aa65d80245cfe66e"}}','dfbff5e9deac153efa4dfc452547465e3cb1ff68f5b1614b2de41bd144961746','9e02ef96c19d70a69f1c36dc89d6fd45f7972efbc72fe1f461bea481956a34ce');
INSERT INTO "ledger" VALUES(37,'R-4',9,'done',1,'2026-03-02T09:00:00.000Z','bot','{"seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"b614ab7227f93833c48986a6ac0aac2b8b25afa8071d65ec0d1a5d1d576ee30b","lines":"f101dce7ecf145b01c5a017d3272ca37717c186c921d15060dc2c4cf70f932e0","look":"0c598f94f519a3333e9bb9b3243cb59206c10f20a252b2369128d3f2a6605916","seen":"2389e8c872fb5c594bce3b48b2ceb9786b0db47db1554b1ec0d6e180044a21cd","text":"8e5f9c914f9d4992506005d2fbb838dc9cc7c368f7764d3e51842b4c68ba11a5"}}','9e02ef96c19d70a69f1c36dc89d6fd45f7972efbc72fe1f461bea481956a34ce','864f9b1f7dc9465c2522e2aec33a76069d8473cd8180f3cc5ca6e18c7aaeee5b');
INSERT INTO "ledger" VALUES(38,'R-5',1,'asked',1,'2026-03-02T09:00:00.000Z','P-3','{"action":"offboard","lanes":["person:P-9","admins"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-9","words":{"case":"fd22b6b255f52ed6c8d04fa4f020f16cf6135e420b0d8c8bbf926b545cac969e","details":"722662d32e65db4b2bf61084849668ec45a5d446b056add1a38f4e63a1c3aa13","reason":"6a9374d17b3db699e1d69417a7b96c8b0025e41c18afce8b8535043e49220639","who":"ed55b5d0d02dde2da3a86494a4cb59338780c90cca9b68da3325109967ddb047"}}','864f9b1f7dc9465c2522e2aec33a76069d8473cd8180f3cc5ca6e18c7aaeee5b','183690d183d3d0e5bf7a64384e2c18ce04de6f4cadf4b01446c649bd34a4bc4d');
INSERT INTO "ledger" VALUES(39,'R-5',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-02T17:00:00.000Z","lanes":["person:P-9","admins"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-02T11:40:00.000Z","remind_gap":9600,"revision":"1b4be14c2603","step":0,"steps":1,"subject":"P-9","told":["P-1","P-4"],"words":{"about":"625807916cfe5c71a87dcd4ddfdd3705b7d8777b17a5ed277306384d57e10a14","asked_by":"d9afda83f78bc20a70cc4579f15cf691d122d2f419949b74e8020ab901205984","case":"0e4ae83cf30f04c752d523ac7c1588dcf9dfaab93969124d31b47157c9e451d8","details":"3035533e945bc089f2b17d035f571b139548d2e110d992a88e14c7f16b8bc711","may_decide":"af88bb47614966a12a9ce56848bf3217bbcccc526bfefa9810bd58ca6a4dc15c","plan":"69edf46e85b016fdae81c58c0b89aae230f6678c2be6021150a217843c1618ee","routing":"b838519b96a66d527e2cccbdd4b805b7794dcfefd6a81a8a4087fda65120f95c"}}','183690d183d3d0e5bf7a64384e2c18ce04de6f4cadf4b01446c649bd34a4bc4d','97b38619f6ce9fc94e1c095404948e7b2372dded68c95bcff77999adcab5f301');
INSERT INTO "ledger" VALUES(40,'R-5',3,'voted',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"1b4be14c2603","words":{"who":"d62f9f1878ea7a258172e337974ae6a1c7e164aa87782c9c27c6438a85a9f580"}}','97b38619f6ce9fc94e1c095404948e7b2372dded68c95bcff77999adcab5f301','d3100702c9507eaa61a9d303f298c0a5e3439be78fc270102ad232a573b558e3');
INSERT INTO "ledger" VALUES(41,'R-5',4,'approved',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"1b4be14c2603","words":{"who":"8529b937e910f254c4260de212d0ae29714e05deb8550c7ca098f957dfc79d54"}}','d3100702c9507eaa61a9d303f298c0a5e3439be78fc270102ad232a573b558e3','bb3d31461f8a6f15c33bc368ebe74505ed46adbd0e510c007a4029d2240eca00');
INSERT INTO "ledger" VALUES(42,'R-5',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"DELETE /Users/3074457345618000010","step":"gone"}','bb3d31461f8a6f15c33bc368ebe74505ed46adbd0e510c007a4029d2240eca00','f28ca162dbb414f17d0fe359efce6045f897b6ee4c91c8c54a52a1911c7045bf');
INSERT INTO "ledger" VALUES(43,'R-5',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"gone","words":{"text":"c523fc20dcc1f82f6b50f327ee4a3e97b95251e334d9735281b65114fcc05c87"}}','f28ca162dbb414f17d0fe359efce6045f897b6ee4c91c8c54a52a1911c7045bf','5378ff61495e4164552f03da5119f808ca73bacf16ff9836de8489f74f5b9b7e');
INSERT INTO "ledger" VALUES(44,'R-5',7,'done',1,'2026-03-02T09:00:00.000Z','bot','{"seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"5375ccd4b25d361a9c702df3834d8c950e638a2d5e0f180c3c157a0a35e21448","lines":"1b6e9807c085ed87944dffcedfe48c26f54e72d25460f3edfae775b46b6b7c5f","look":"9c2c0cac7cd863896d790dbe53c3c824daff453af127255336cca087dc59d776","seen":"d539c229106356c55d8d75bef8d6c3505a0b671eb6e661b9a443a79e558ef149","text":"5a61598723be4256530658f814f4e4e91b5c2d04035582b83d0b0bc7936952a4"}}','5378ff61495e4164552f03da5119f808ca73bacf16ff9836de8489f74f5b9b7e','5064675ed33613bce3c1330ae2d899903d0a436a07ee1d22b0539ccb2c229b1e');
INSERT INTO "ledger" VALUES(45,'R-6',1,'asked',1,'2026-03-02T09:00:00.000Z','P-5','{"action":"request-access","lanes":["person:P-5"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-5","words":{"case":"a7b8b4170a9cb62a4f2c996376516b3e8256cd98050f574e76343ddbeea43cad","details":"b4efe4c0b37461458172fcdf821d13cb6a1ded977be82002bfa28f91f28763f5","reason":"fdfab35b73d7f141cbbed12019149442f66cb7efc05b257ff294a62b9e9e583e","who":"b7dfffc5180026bec790575446003dee4fd85ad25298d0991fb48c9d48748db8"}}','5064675ed33613bce3c1330ae2d899903d0a436a07ee1d22b0539ccb2c229b1e','459da5dc76936b45610b3f731172808bd5c3b0f9fd077998a1b229af867d6fc7');
INSERT INTO "ledger" VALUES(46,'R-6',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-6","P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["person:P-5"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"9d62ed10f800","step":0,"steps":1,"subject":"P-5","told":["P-6","P-1","P-4"],"words":{"about":"582708667bad13659a3994b94f55486755c0388146c3b98f4a7eca16f11e26c6","asked_by":"a87b28f7f4674a03866c474b18d63fb691b4b2a6190201b11d117ba818c52500","case":"d8f500012a34dc59f344adec21d8b58a55e07f58f9f7b729877814bd274ab421","details":"14b1cf9b8f725dc025a002486f470237b4336204417534451b2ff44a4a2bc184","may_decide":"d99c68065336a926ff61ae985de0f03764c3212317b8fd61389b3c373b1a2122","plan":"70f1a2210911504941ad01cf345e2cfb7d735e8e04fec757e53990b3d6194b6f","routing":"ee0dc5f2892582f0714b8e52c2f7d9788f0dfd20bb16fccc67f2ccc65c4eb9af"}}','459da5dc76936b45610b3f731172808bd5c3b0f9fd077998a1b229af867d6fc7','e3e3c50d2f5c8bf711d1af37684b504c76aae9bb51843dd00aef0d8700119e21');
INSERT INTO "ledger" VALUES(47,'R-6',3,'denied',1,'2026-03-02T09:00:00.000Z','P-6','{"words":{"text":"eed1d259844d9757695b70d182db9398ecd373d3374ae4c0b0a52e9bd106eae0","who":"51b9666b7b84191849b8aec4b9d69655f42456410c63e376dc7ce27c485cf499"}}','e3e3c50d2f5c8bf711d1af37684b504c76aae9bb51843dd00aef0d8700119e21','7183bccd79d028558c7d9c8121e651b654d717127e98308dc5d739f605ee19ea');
INSERT INTO "ledger" VALUES(48,'R-7',1,'asked',1,'2026-03-02T09:00:00.000Z','P-4','{"action":"move-team","lanes":["person:P-4"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-4","words":{"case":"cd7300c888eb97a1feecf9ae7f531b8693114efe734707fbcb508a98eb4be2b5","details":"9bbe6f4091f5b9b26d0bee7d7bac2062cf77fc908e8430c095eb5453788f388e","reason":"c751684f4a9217c91e9a3ab6d37d45f696533c67397b8407fbd312b6d32af677","who":"f0739fcedfed2fcc3c072f414010428497a7ce34885a9c658020e199e363efe0"}}','7183bccd79d028558c7d9c8121e651b654d717127e98308dc5d739f605ee19ea','bc0427e679d76c5b979af9d77a435dd130fb9e14b956c661e0a2e931547f796f');
INSERT INTO "ledger" VALUES(49,'R-7',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-1"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["person:P-4"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"745347d5c826","step":0,"steps":1,"subject":"P-4","told":["P-1"],"words":{"about":"52c4fcc5f51f4f0cb8ef8487f1bd42317100650a8f12ecd43d15d8f3e9f5854a","asked_by":"195dbb64739f5bf517b974982ff4e8f290a448a54c2b1de09e496fd0b30ee9f1","case":"fb24e1443617ee32f925d35b9a214b5b5b73d5e5e85727bc387399953bc7b9a5","details":"b11ae981bd0b9acf5031c7262fbcbabc6f8c658bd28fe74c1274e8d3b1ecfb77","may_decide":"f96b9e74add75c39cb5a9444aaab72bf2c9de30222973552269f6ea88fbdb5c7","plan":"3cc748994587dfb7d675e6a524e396467d73e2dd713f090cbb3317e9ff0d8e59","routing":"d6d2a258dd208afc891a1933611df900908c9e674253ec447e015e596fdbec98"}}','bc0427e679d76c5b979af9d77a435dd130fb9e14b956c661e0a2e931547f796f','e0d702436211e0716b216568207380fe8fafea637efeb6abc434f4bc020abc3c');
INSERT INTO "ledger" VALUES(50,'R-7',3,'voted',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"745347d5c826","words":{"who":"95de2bba3835956cabd90d19ffe58fb6216d10b6781b84879238c6ace0ea4e2e"}}','e0d702436211e0716b216568207380fe8fafea637efeb6abc434f4bc020abc3c','92cae986da3c9a85ca1aa551ed247d517ff2a830c4013daac37ebaaa20dcb08c');
INSERT INTO "ledger" VALUES(51,'R-7',4,'approved',1,'2026-03-02T09:00:00.000Z','P-1','{"revision":"745347d5c826","words":{"who":"490894ba49e66305d40770cdabfcb4f662180d1c41489c6f349f0011bb2a3d32"}}','92cae986da3c9a85ca1aa551ed247d517ff2a830c4013daac37ebaaa20dcb08c','d81df76e2cc524b362a4368f565bf8a81cf530db8bca3cdc4c7b4220cd98c727');
INSERT INTO "ledger" VALUES(52,'R-7',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000003","step":"join 3074457345618000003 Design"}','d81df76e2cc524b362a4368f565bf8a81cf530db8bca3cdc4c7b4220cd98c727','55347d98679f9d2ba8f8f47b5cf62e2ab01320bd7daa190cfbc2fe300299fa15');
INSERT INTO "ledger" VALUES(53,'R-7',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"join 3074457345618000003 Design","words":{"text":"058e608469527fc368da6a6d00521ec93928e487f9c426d1527f2f4f653d77ad"}}','55347d98679f9d2ba8f8f47b5cf62e2ab01320bd7daa190cfbc2fe300299fa15','ef4abd4e78fc7f29c3dbbcb66627ed6b1225ebb91f98165c4680b522956ed35f');
INSERT INTO "ledger" VALUES(54,'R-7',7,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000007","step":"leave 3074457345618000007 Research"}','ef4abd4e78fc7f29c3dbbcb66627ed6b1225ebb91f98165c4680b522956ed35f','249c8fa4f71ba4d0fe3aa7be94e158d23bad4c9f791ba7b604937fa1f6fc5cf0');
INSERT INTO "ledger" VALUES(55,'R-7',8,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":false,"step":"leave 3074457345618000007 Research","words":{"text":"8326757fdb1644fd922967330cf424b5b3796c9cf75fb7a59995dbbee2d7da96"}}','249c8fa4f71ba4d0fe3aa7be94e158d23bad4c9f791ba7b604937fa1f6fc5cf0','d7f0a6751c0b487237108598b32ac3a8c3445d7e899b027d0f38121933f2ce1c');
INSERT INTO "ledger" VALUES(56,'R-7',9,'stopped',1,'2026-03-02T09:00:00.000Z','bot','{"words":{"lines":"a6158ea7ae1ca4ec5e310067ef2bf5df083943249239bbbf862471d20ca137a2","remedy":"6aa8f70450fc24907d6a6b456ccb5502c3101fe2ecc404b2e90bf2caae4cb24e","text":"216b5494f157490cce8277b38c282b64c6512013f4dd3b96b7c79894f9395d3d"}}','d7f0a6751c0b487237108598b32ac3a8c3445d7e899b027d0f38121933f2ce1c','f45b523ba49dc566c77bd2b7027828fe65a0b3d1724d8ee1c887b894189addb4');
INSERT INTO "ledger" VALUES(57,'R-8',1,'asked',1,'2026-03-02T09:00:00.000Z','P-2','{"action":"request-access","lanes":["person:P-2"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-2","words":{"case":"0e31fce348bb600e8e5c1df763a835c4823e2117b60e7bba13a7433b20299813","details":"20b58753d4599f948fedea4daf65e150bdec05ddb771ae7e692d564dcf464ba0","reason":"f3281eb0507cf62a4dcce300f8684510ea53938993d5ef2a19c0e26dddcb1375","who":"b5422fe1769584c6fef44fe7ad6c5ace21b4bffbc1e6fa44b482e99b5c947587"}}','f45b523ba49dc566c77bd2b7027828fe65a0b3d1724d8ee1c887b894189addb4','2ce4c697fb4f154f502ce22a41bd51ef5962fbd2bd3e574096e72931545cc3b9');
INSERT INTO "ledger" VALUES(58,'R-8',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["person:P-2"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"b54ac6fe332c","step":0,"steps":1,"subject":"P-2","told":["P-1","P-4"],"words":{"about":"b0a56f3a7c273f234f5512b04ab92f5cef85bd94d4390861ac50598dea21b389","asked_by":"151614a25773db095d5071dac1983e992a8b63779c213d85a79d59216875c16c","case":"7acd03b1776ee5fd40c8483bbe7f4b76b86326773056636ac5683e97b12a06dc","details":"aa5db4011d34de0d2af4e8e7a0813f458c6ac59934e613af7e1c12f81b4de190","may_decide":"56da0f05da2977798f27e7976e3e2d600dd1645be8cbbbdcb4e0640723d03016","plan":"e2bc4d6a3d39661e1beb2a73a6f111366551238cdbee58e50b92dc53f526a0bc","routing":"c13a89ea838ca87f1e61567ed110167ef983bdec689819d6df1ba95c00bdab89"}}','2ce4c697fb4f154f502ce22a41bd51ef5962fbd2bd3e574096e72931545cc3b9','fcbd36bb72eebceb158b7405150165ed12c888bbeff342b7c70afb63b1c960c6');
INSERT INTO "ledger" VALUES(59,'R-8',3,'questioned',1,'2026-03-02T09:00:00.000Z','P-1','{"words":{"text":"d4d32cd4574234965a60718cf60f970ce7b148d8cef4a7507fa4a7b453bc9d4c","who":"52515fe6c463ec7fde6f57f75bd21b6b62ff56b611213542206677b2f6f2be5e"}}','fcbd36bb72eebceb158b7405150165ed12c888bbeff342b7c70afb63b1c960c6','3ce41cf58ca3e8ab368856105c8e70ff95cff4cc824179bb475eaf1f792d2da7');
INSERT INTO "ledger" VALUES(60,'R-9',1,'asked',1,'2026-03-02T09:00:00.000Z','P-5','{"action":"request-access","lanes":["person:P-5"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-5","words":{"case":"d8033d4086c3376234cf63884d117043246ead4616b1aaaba0ea21a321c57430","details":"38087a8a60b207a77f16c529195ac1201fc3c3f156204485a590a41adb8007b2","reason":"6e55bab81333f989b7296cf357371715d051b2003eb58b7d4e3bb2fd60e6ad61","who":"6a815efb9916e82e09f4e0c9d5f07e791ec32bed071337c73cf63ecc59140e9a"}}','3ce41cf58ca3e8ab368856105c8e70ff95cff4cc824179bb475eaf1f792d2da7','aa476a0f857e81c253300962e779952dea1d8bf7cd21deb8a74276bbb7c33617');
INSERT INTO "ledger" VALUES(61,'R-9',2,'planned',2,'2026-03-02T09:00:00.000Z','bot','{"agree":1,"approvers":["P-6","P-1","P-4"],"escalate_at":[],"expires_at":"2026-03-05T09:00:00.000Z","lanes":["person:P-5"],"level":0,"need":1,"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","remind_at":"2026-03-03T09:00:00.000Z","remind_gap":86400,"revision":"9d62ed10f800","step":0,"steps":1,"subject":"P-5","told":["P-6","P-1","P-4"],"words":{"about":"fb3f1dbdd42dd56fca164edbba4ce08703a9c49332dcc0bb7be397c7b3a9dd2e","asked_by":"2d74bf4728bd973d7ebe5f28ab9a3370902a04385916dda605539365b250fa66","case":"ba35404ea1bdb73f09c2d81c6aa2afc59b1c601f29d73eff5657961330e3ef5b","details":"0f8bed1344f0763bd7752644887a41d1bac8ff849c182df1156bd1622392f9af","may_decide":"59ca9eb2117de8185eb20cdd0dbbaa4b2b6897290426166c489ed8722b8aec12","plan":"5d83ccb941a9d6af1f069c9d126c5aecd265a93dc398ed6bd4a20a6bb2dff0bf","routing":"9f3c38e965ffd396d5d1115d9c6f68ad801b03861401e34b98e0079f512afc06"}}','aa476a0f857e81c253300962e779952dea1d8bf7cd21deb8a74276bbb7c33617','1adac1b832287dcbcd70fe595f685a325440de1a8dc1df3dad2deabc7a57255f');
INSERT INTO "ledger" VALUES(62,'R-9',3,'voted',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"9d62ed10f800","words":{"who":"2d3c5c0c409665833335c46ae14d7bf9ef727e509a29844bff98a5799445762c"}}','1adac1b832287dcbcd70fe595f685a325440de1a8dc1df3dad2deabc7a57255f','d5d917fc3a3751f39dcd7b23458e5b36fc04e8913aa2f3d5ebe02b1bb6006620');
INSERT INTO "ledger" VALUES(63,'R-9',4,'approved',1,'2026-03-02T09:00:00.000Z','P-6','{"revision":"9d62ed10f800","words":{"who":"e8c7eaaa43fbc89c6b1b726847dac0e92c9bf74e9018aa359d3c08475c260881"}}','d5d917fc3a3751f39dcd7b23458e5b36fc04e8913aa2f3d5ebe02b1bb6006620','5a1f18783ecfc45c3b7886722cfb7c3a2039bff3b8d67901c031a0b74f6bbec4');
INSERT INTO "ledger" VALUES(64,'R-9',5,'trying',1,'2026-03-02T09:00:00.000Z','bot','{"call":"PATCH /Groups/3074457345618000003","step":"join 3074457345618000003 Design"}','5a1f18783ecfc45c3b7886722cfb7c3a2039bff3b8d67901c031a0b74f6bbec4','bc1ade7b460c3597caa9eedb4c7a91242ef9c3766d3276bd44a0ef418220ecc6');
INSERT INTO "ledger" VALUES(65,'R-9',6,'answered',1,'2026-03-02T09:00:00.000Z','bot','{"accepted":true,"step":"join 3074457345618000003 Design","words":{"text":"00eeec4c2e1f7dea9cf82a45c7b99ad624efdcfb8d09b63a5097ee29516a8e88"}}','bc1ade7b460c3597caa9eedb4c7a91242ef9c3766d3276bd44a0ef418220ecc6','55867cb0e9f5fa0ff61a7742045bd4e0c7484ef905bed07c9a66132900babd84');
INSERT INTO "ledger" VALUES(66,'R-9',7,'done',1,'2026-03-02T09:00:00.000Z','bot','{"ends_at":"2026-03-04T09:00:00.000Z","notice_at":"2026-03-03T09:00:00.000Z","seen_at":"2026-03-02T09:00:00.000Z","words":{"gave":"265e2d2c11a0c6a492dfe7c1318ed27a6460b043e1c49e4a760e8553e11fec40","lines":"6629d753955d49d6167137f4c40eaeeccc5cfec3b705e010c68d3ecd55c0579c","look":"be8f43bbabd100c4c2170057d7e6e0c7eec48ec29865c0bbb675cf0d5824c300","seen":"66869ccfeb563f6caa14998e147c6a9002cd58a2d1fbfcfd7c75f38a1900358e","text":"bf83d341b4f7277fcb959d50298e94637f85ac3dc1605f14fbeb1c7fbdfb29bd"}}','55867cb0e9f5fa0ff61a7742045bd4e0c7484ef905bed07c9a66132900babd84','50ae002a20c25df3023dcc830c896296bc277e0eaa8de35201d55cc989202a4a');
INSERT INTO "ledger" VALUES(67,'R-10',1,'asked',1,'2026-03-02T09:00:00.000Z','P-5','{"action":"request-access","lanes":["person:P-5"],"policy":"a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d","subject":"P-5","words":{"case":"67ea04630e48be566d88f4e92db3aecf4e432022aa5d95bbe157793ca46eab4b","details":"4623baa66a9faaa0a86e5193740f129b189dfb8e25bce87d8f69dc8fe4d2251e","reason":"79f886001dfdede634ad839f8b65f82ed13e6ce1a96a823ac4faec44601b29ba","who":"ed5c9f416d0db9d4148af585d451524eba86c6b40365e8456cc52a1239b750d4"}}','50ae002a20c25df3023dcc830c896296bc277e0eaa8de35201d55cc989202a4a','d0721d68c0dc16291016b2ed734909e09596052d5a1df5a1dbaf7129fe0e25a7');
INSERT INTO "ledger" VALUES(68,'R-10',2,'unneeded',1,'2026-03-02T09:00:00.000Z','bot','{"words":{"text":"4320a4f389a31b513bbc73bf6fa15dff20111392230000802bab6688eeef9294"}}','d0721d68c0dc16291016b2ed734909e09596052d5a1df5a1dbaf7129fe0e25a7','7875c29f6937c6513553e330090f44d50e661a69d36f97d05df2c54dbade8684');
CREATE TABLE managers (
  person INTEGER PRIMARY KEY REFERENCES people, boss INTEGER REFERENCES people, seen_at TEXT NOT NULL
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('layout','3');
INSERT INTO "meta" VALUES('oldest','3');
INSERT INTO "meta" VALUES('groups_seen_at','2026-03-02T09:00:00.000Z');
INSERT INTO "meta" VALUES('admins_seen_at','2026-03-02T09:00:00.000Z');
CREATE TABLE notes (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, message TEXT NOT NULL, only_for TEXT NOT NULL,
  tries INTEGER NOT NULL, next_try_at TEXT NOT NULL
) STRICT;
CREATE TABLE people (
  number INTEGER PRIMARY KEY, email TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  given TEXT NOT NULL DEFAULT '', family TEXT NOT NULL DEFAULT '', miro_id TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "people" VALUES(1,'carol@example.com','Carol Diaz','Carol','Diaz','');
INSERT INTO "people" VALUES(2,'dana@example.com','Dana Fox','Dana','Fox','');
INSERT INTO "people" VALUES(3,'lena@example.com','Lena Vogt','Lena','Vogt','');
INSERT INTO "people" VALUES(4,'sam@example.com','Sam Lee','Sam','Lee','');
INSERT INTO "people" VALUES(5,'alex@example.com','Alex Smith','Alex','Smith','3074457345618000011');
INSERT INTO "people" VALUES(6,'priya@example.com','Priya Rao','Priya','Rao','');
INSERT INTO "people" VALUES(7,'jo@example.com','Jo Park','Jo','Park','3074457345618000009');
INSERT INTO "people" VALUES(8,'jo@example.com','','','','');
INSERT INTO "people" VALUES(9,'kim@example.com','Kim Berg','','','');
CREATE TABLE policies (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO "policies" VALUES('a31d0c485133ce37d4f4c0135eb9e4c73a0cd5792e711a228e9a71413dca999d','operators = ["it"]
domains = ["example.com"]
command_line_decides = true

[managed_elsewhere]
"Sales" = "the Okta tile “Miro Sales”"

[teams]
"IT Administration" = "g_app_itadmin_all"

[managers]
"alex@example.com" = "priya@example.com"
"jo@example.com" = "priya@example.com"

[groups.it]
people = ["carol@example.com", "sam@example.com"]
because = "you look after Miro"
[groups.hr]
people = ["lena@example.com"]


[actions]
request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }
move-team = { ask = ["anyone"], for_others = ["it"], approvers = ["manager", "it"] }
leave-team = { ask = ["anyone"], for_others = ["it"], approvers = ["manager", "it"] }
make-admin = { ask = ["it"], for_others = ["it", "dana@example.com"], approvers = ["it"], expires = "1d" }
remove-admin = { for_others = ["it", "dana@example.com"], approvers = ["it"], expires = "1d" }
offboard = { for_others = ["hr", "it"], approvers = ["manager", "it"], expires = "8h" }
reactivate = { ask = ["it"], for_others = ["it", "hr"], approvers = ["manager", "it"] }
rename-group = { ask = ["it", "dana@example.com"], approvers = ["it"], expires = "3d" }
');
CREATE TABLE quota (at TEXT NOT NULL, credits INTEGER NOT NULL) STRICT;
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',2000);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',500);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',500);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',500);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',500);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',100);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
INSERT INTO "quota" VALUES('2026-03-02T09:00:00.000Z',50);
CREATE TABLE receipts (key TEXT PRIMARY KEY, outcome TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "receipts" VALUES('click:131.132.00000000000000000000000000000085','');
INSERT INTO "receipts" VALUES('click:205.206.000000000000000000000000000000cf','');
INSERT INTO "receipts" VALUES('click:297.298.0000000000000000000000000000012b','');
INSERT INTO "receipts" VALUES('click:368.369.00000000000000000000000000000172','');
INSERT INTO "receipts" VALUES('click:507.508.000000000000000000000000000001fd','');
INSERT INTO "receipts" VALUES('click:61.62.0000000000000000000000000000003f','');
INSERT INTO "receipts" VALUES('click:698.699.000000000000000000000000000002bc','');
INSERT INTO "receipts" VALUES('click:V000445','');
INSERT INTO "receipts" VALUES('click:V000593','');
INSERT INTO "receipts" VALUES('view:V000005','R-1');
INSERT INTO "receipts" VALUES('view:V000087','R-2');
INSERT INTO "receipts" VALUES('view:V000151','R-3');
INSERT INTO "receipts" VALUES('view:V000236','R-4');
INSERT INTO "receipts" VALUES('view:V000321','R-5');
INSERT INTO "receipts" VALUES('view:V000388','R-6');
INSERT INTO "receipts" VALUES('view:V000469','R-7');
INSERT INTO "receipts" VALUES('view:V000545','R-8');
INSERT INTO "receipts" VALUES('view:V000643','R-9');
INSERT INTO "receipts" VALUES('view:V000723','R-10');
CREATE TABLE requests (
  number INTEGER PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, action TEXT NOT NULL,
  requester TEXT NOT NULL, subject TEXT, because_of TEXT, next_due TEXT, active INTEGER NOT NULL,
  shown INTEGER NOT NULL DEFAULT 0, show_at TEXT,
  owner TEXT, attempt INTEGER NOT NULL DEFAULT 0, lease_until TEXT
, expires_at TEXT) STRICT;
INSERT INTO "requests" VALUES(1,9,'done','request-access','P-5','P-5',NULL,NULL,0,9,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(2,7,'done','rename-group','P-2',NULL,NULL,NULL,0,7,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(3,11,'done','make-admin','P-2','P-5',NULL,NULL,0,11,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(4,9,'done','offboard','P-3','P-7',NULL,NULL,0,9,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(5,7,'done','offboard','P-3','P-9',NULL,NULL,0,7,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(6,3,'denied','request-access','P-5','P-5',NULL,NULL,0,3,NULL,NULL,1,NULL,NULL);
INSERT INTO "requests" VALUES(7,9,'stopped','move-team','P-4','P-4',NULL,NULL,0,9,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(8,3,'waiting','request-access','P-2','P-2',NULL,'2026-03-03T09:00:00.000Z',0,3,NULL,NULL,1,NULL,'2026-03-05T09:00:00.000Z');
INSERT INTO "requests" VALUES(9,7,'done','request-access','P-5','P-5',NULL,'2026-03-03T09:00:00.000Z',0,7,NULL,NULL,2,NULL,NULL);
INSERT INTO "requests" VALUES(10,2,'nothing to do','request-access','P-5','P-5',NULL,NULL,0,2,NULL,NULL,1,NULL,NULL);
CREATE TABLE user_groups (
  handle TEXT NOT NULL, slack_id TEXT NOT NULL, PRIMARY KEY (handle, slack_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_groups_seen (handle TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE words (
  seq INTEGER NOT NULL, key TEXT NOT NULL, salt TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (seq, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "words" VALUES(2,'case','9ad1c50d682286606651cd15f3939edf','{"teams": [["Engineering", "3074457345618000001"]], "facts": {}}');
INSERT INTO "words" VALUES(2,'details','11aaae94b46ec9ec864a403af1269de7','{"person":"P-5","teams":["3074457345618000001"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(2,'reason','d3632fe683c8a0d36231c96b2e4c43d9','I start on Monday');
INSERT INTO "words" VALUES(2,'who','dd7ece0b0fd1691c0f4daa9d044aeb76','U0ALEX');
INSERT INTO "words" VALUES(3,'about','43e8a41b16c0f1f9c68f8f3755f6920c','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(3,'asked_by','dbf14a6692fd4fcc0fbdf11ab961138c','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(3,'case','bdf31be3e6dac5c3dad4373e32f346da','{"teams": [["Engineering", "3074457345618000001"]], "facts": {}}');
INSERT INTO "words" VALUES(3,'details','35e35be209dd6de87e3ab7ac5f44e562','{"person":"P-5","teams":["3074457345618000001"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(3,'may_decide','cfb45813c9bbaa9f1c998dad8d0687c7','priya@example.com U0PRIYA, carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(3,'plan','a655fd7e11dd5d3c10e0153f26a6b68e','{"miro_id": "", "steps": [{"key": "account alex@example.com Alex Smith", "text": "Create the account alex@example.com for Alex Smith. It may use a Miro license.", "did": "created the account alex@example.com", "detail": "name: Alex Smith", "hazards": 1, "call": "POST /Users"}, {"key": "join 3074457345618000001 Engineering", "text": "Join Engineering.", "did": "joined Engineering", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000001"}], "already": [], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["account alex@example.com Alex Smith", "join 3074457345618000001 Engineering"]}');
INSERT INTO "words" VALUES(3,'routing','63ddcaf51e19515a323630a4d3b70ca6','{"notes": [], "because": {"P-6": "you manage Alex", "P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(4,'who','97fc6c2b8e9d95651b4b690c90a7f6a9','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(5,'who','06f195bcb04a8fe6fe56b27a1a3cd254','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(7,'text','6f866e1eaf5291cb1ba1cc52da167322','201');
INSERT INTO "words" VALUES(9,'text','bb89fcc42371f22b333a17b6e7e84546','200');
INSERT INTO "words" VALUES(10,'gave','6131a44ec98bf70075dfba6b3c138e2b','{"keys": ["account alex@example.com Alex Smith", "join 3074457345618000001 Engineering"]}');
INSERT INTO "words" VALUES(10,'lines','a9ed90c1b5b6f84ed0a8ee51b473fec0','{"done": ["created the account alex@example.com", "joined Engineering"], "left": []}');
INSERT INTO "words" VALUES(10,'look','247ce556fd77a52b35521446f8ec04d4','GET /Users, userName eq "alex@example.com"');
INSERT INTO "words" VALUES(10,'seen','c0ddb91836763bdf47914d2286bcca7e','{"id":"3074457345618000011","userName":"alex@example.com","displayName":"Alex Smith","active":true,"userType":"Full","roles":[{"value":"ORGANIZATION_INTERNAL_USER","type":"organization_user_role","primary":true}],"groups":[{"value":"3074457345618000005","display":"Everybody"},{"value":"3074457345618000001","display":"Engineering"}]}');
INSERT INTO "words" VALUES(10,'text','618953381fdab2e60e98ebe9b4894ac8','Alex Smith is in Engineering in Miro.');
INSERT INTO "words" VALUES(11,'case','a4af977d2e40514aef5ac6636b3abff7','{"teams": [["Engineering", "3074457345618000001"]], "facts": {"team": ["3074457345618000001"]}}');
INSERT INTO "words" VALUES(11,'details','70acf75266d9291a6e1eb0fd7d478ca0','{"team":"3074457345618000001","name":"g_app_proeng_all"}');
INSERT INTO "words" VALUES(11,'reason','be805ed4b164c764e5cdc5a908832c19','the directory calls it so');
INSERT INTO "words" VALUES(11,'who','5724b1cd13e8708961e13ccf74053035','dana@example.com U0DANA');
INSERT INTO "words" VALUES(12,'asked_by','2b1fe6879be198b04747491e14766e6d','dana@example.com U0DANA');
INSERT INTO "words" VALUES(12,'case','48ff3b22c561c0545573b08f58539236','{"teams": [["Engineering", "3074457345618000001"]], "facts": {"team": ["3074457345618000001"]}}');
INSERT INTO "words" VALUES(12,'details','45535a1e1203d1f4065bc1c2127fde32','{"team":"3074457345618000001","name":"g_app_proeng_all"}');
INSERT INTO "words" VALUES(12,'may_decide','92f0106a9d5651c5b25b267a0c40c9e7','carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(12,'plan','58eb29a9ba8161748dc92f7cd1cb3a0f','{"miro_id": "", "steps": [{"key": "rename 3074457345618000001 Engineering to g_app_proeng_all", "text": "Change the security name from Engineering to g_app_proeng_all.", "did": "changed the security name to g_app_proeng_all", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000001"}], "already": [], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["rename 3074457345618000001 Engineering to g_app_proeng_all"]}');
INSERT INTO "words" VALUES(12,'routing','060f1093882cc7786fb2a326643b6671','{"notes": [], "because": {"P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(13,'who','3e030f8c20f37c24a1e941b92a3ebf2a','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(14,'who','067bdc06d7ddaceff775c3182cbfe8d8','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(16,'text','af52bcddbed2fb46cc1cc5b3ba37637a','200');
INSERT INTO "words" VALUES(17,'gave','f33d2f8ed240b67f34fa0da6cb68b6d3','{"keys": ["rename 3074457345618000001 Engineering to g_app_proeng_all"]}');
INSERT INTO "words" VALUES(17,'lines','520b79c2d335b120eafdb0aecff86563','{"done": ["changed the security name to g_app_proeng_all"], "left": []}');
INSERT INTO "words" VALUES(17,'look','8278687d7239a7524e7093e36f0a27bb','GET /Groups/3074457345618000001');
INSERT INTO "words" VALUES(17,'seen','5c24b657ee123e8d17c61efe47936956','{"id":"3074457345618000001","displayName":"g_app_proeng_all"}');
INSERT INTO "words" VALUES(17,'text','6708a6dc92802e39bad9c11b7c45a359','Engineering has the security name g_app_proeng_all in Miro.');
INSERT INTO "words" VALUES(18,'case','0081a625c74d4b9d51d27c654256f452','{"teams": [["IT Administration", "g_app_itadmin_all", "3074457345618000002"]], "facts": {"rights": ["Company Admin"]}, "left": [["Engineering", "g_app_proeng_all", "3074457345618000001"]]}');
INSERT INTO "words" VALUES(18,'details','c02ded42527aa29db868ac8808d201fd','{"person":"P-5","rights":"Company Admin","to_team":"3074457345618000002","from_team":"3074457345618000001","for_days":null}');
INSERT INTO "words" VALUES(18,'reason','96220b2cd303bb100a2a58b324fd48dc','Alex joins IT');
INSERT INTO "words" VALUES(18,'who','22127e02fe82923039778ed2ea2ca385','dana@example.com U0DANA');
INSERT INTO "words" VALUES(19,'about','0cd9b5e651efa8de56977820832d9a44','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(19,'asked_by','20e408e840d20c44a2c0d0858e56bf35','dana@example.com U0DANA');
INSERT INTO "words" VALUES(19,'case','366bb5e7b21682a5f642acb818d158fd','{"teams": [["IT Administration", "g_app_itadmin_all", "3074457345618000002"]], "facts": {"rights": ["Company Admin"]}, "left": [["Engineering", "g_app_proeng_all", "3074457345618000001"]]}');
INSERT INTO "words" VALUES(19,'details','07b1cff137ad845333f25cbc2af66597','{"person":"P-5","rights":"Company Admin","to_team":"3074457345618000002","from_team":"3074457345618000001","for_days":null}');
INSERT INTO "words" VALUES(19,'may_decide','a1049694b9e967feaa45910151c59053','carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(19,'plan','92cd4e35f22a4608e4d2860931af9904','{"miro_id": "3074457345618000011", "steps": [{"key": "join 3074457345618000002 g_app_itadmin_all", "text": "Join IT Administration.", "did": "joined IT Administration", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000002"}, {"key": "leave 3074457345618000001 g_app_proeng_all", "text": "Leave Engineering. Alex''s boards there pass to a team admin and don''t come back.", "did": "left Engineering", "detail": "", "hazards": 1, "call": "PATCH /Groups/3074457345618000001"}, {"key": "role ORGANIZATION_INTERNAL_ADMIN", "text": "Become Company Admin: can manage every person and team. No end date.", "did": "became Company Admin", "detail": "", "hazards": 0, "call": "PATCH /Users/{user}"}], "already": ["the account alex@example.com is there", "the account is active"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["join 3074457345618000002 g_app_itadmin_all", "leave 3074457345618000001 g_app_proeng_all", "role ORGANIZATION_INTERNAL_ADMIN"]}');
INSERT INTO "words" VALUES(19,'routing','48f55823bccd4c17d1e0975a06df281a','{"notes": [], "because": {"P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(20,'who','74e44378dc109a0c87e24f8edffdb00f','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(21,'who','c4c3cb622892a38b79e7ad2b5458759f','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(23,'text','1b70a3d96e86cac3864d715b511fe018','200');
INSERT INTO "words" VALUES(25,'text','c3272a34fecf3c1b13f99a0058c8459c','200');
INSERT INTO "words" VALUES(27,'text','7a5c8c43c4adb8e4241540625d4ace64','200');
INSERT INTO "words" VALUES(28,'gave','81b38200e80c314867568ddb703b38a9','{"keys": ["join 3074457345618000002 g_app_itadmin_all", "leave 3074457345618000001 g_app_proeng_all", "role ORGANIZATION_INTERNAL_ADMIN"]}');
INSERT INTO "words" VALUES(28,'lines','3fa29f3c4fc838b271047cb77462c225','{"done": ["joined IT Administration", "left Engineering", "became Company Admin"], "left": []}');
INSERT INTO "words" VALUES(28,'look','45f8b5b726e00e1cfafe8fbcc194df39','GET /Users, userName eq "alex@example.com"');
INSERT INTO "words" VALUES(28,'seen','de34a5b0c29152d4bccb32092e46f832','{"id":"3074457345618000011","userName":"alex@example.com","displayName":"Alex Smith","active":true,"userType":"Full","roles":[{"value":"ORGANIZATION_INTERNAL_ADMIN","type":"organization_user_role","primary":true}],"groups":[{"value":"3074457345618000005","display":"Everybody"},{"value":"3074457345618000002","display":"g_app_itadmin_all"}]}');
INSERT INTO "words" VALUES(28,'text','ee70115cdb1d8da6ec6b9d34c91879ad','Alex Smith is a Company Admin of Miro.');
INSERT INTO "words" VALUES(29,'case','003ce32c1c90ba3467633d42674a1238','{"teams": [], "facts": {"how": ["deactivate"]}}');
INSERT INTO "words" VALUES(29,'details','14eb3ab4e292b24befa12cf6ce0a4e99','{"person":"P-7","how":"deactivate"}');
INSERT INTO "words" VALUES(29,'reason','b069dd5c39ed154062ca3e974cd895d4','last day today');
INSERT INTO "words" VALUES(29,'who','d4fc011dac2589289117a44bc5ff24f1','lena@example.com U0LENA');
INSERT INTO "words" VALUES(30,'about','b7258d9809c3d50f91dc374808e77324','jo@example.com U0JO');
INSERT INTO "words" VALUES(30,'asked_by','22ca81acd77c2134e7a0b048df0deafa','lena@example.com U0LENA');
INSERT INTO "words" VALUES(30,'case','49dc01661f59cf28c2c62e498f5204d8','{"teams": [], "facts": {"how": ["deactivate"]}}');
INSERT INTO "words" VALUES(30,'details','19e8e917ea5f24f58297f061548ccf15','{"person":"P-7","how":"deactivate"}');
INSERT INTO "words" VALUES(30,'may_decide','357df9d27020ca9139110960d4897d44','priya@example.com U0PRIYA, carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(30,'plan','57bc3587d51f3b8e2617b32c683a9213','{"miro_id": "3074457345618000009", "steps": [{"key": "role ORGANIZATION_INTERNAL_USER", "text": "Take away Company Admin.", "did": "took away Company Admin", "detail": "", "hazards": 0, "call": "PATCH /Users/{user}"}, {"key": "inactive", "text": "Deactivate the account: Jo can''t get in from that moment.", "did": "deactivated the account", "detail": "", "hazards": 0, "call": "PATCH /Users/{user}"}], "already": ["no admin role in use"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["role ORGANIZATION_INTERNAL_USER", "inactive"]}');
INSERT INTO "words" VALUES(30,'routing','c833a291deab705ad53352604fb5c38f','{"notes": [], "because": {"P-6": "you manage Jo", "P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(31,'who','d4b46dd896ed1c5215efb93441f99b34','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(32,'who','2aec7adb75bfcabc2cbecbceeb966693','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(34,'text','0cd02a6455aa70bc26303aa54e12b6d9','200');
INSERT INTO "words" VALUES(36,'text','fe9549bf7cdaca39c9c423d61b6d86c2','200');
INSERT INTO "words" VALUES(37,'gave','d4eb64efebde73b4dd9e3734b9024705','{"keys": ["role ORGANIZATION_INTERNAL_USER", "inactive"]}');
INSERT INTO "words" VALUES(37,'lines','531719a302fa7f8d661754c4713704cf','{"done": ["took away Company Admin", "deactivated the account"], "left": []}');
INSERT INTO "words" VALUES(37,'look','8095b9e015d9c1907fab9320135cf33c','GET /Users, userName eq "jo@example.com"');
INSERT INTO "words" VALUES(37,'seen','ae89eaab1caec525214cc642a1a558cc','{"id":"3074457345618000009","userName":"jo@example.com","displayName":"Jo Park","active":false,"userType":"Full","roles":[{"value":"ORGANIZATION_INTERNAL_USER","type":"organization_user_role","primary":true}],"groups":[{"value":"3074457345618000007","display":"Research"}]}');
INSERT INTO "words" VALUES(37,'text','a126ce18f83ddc907c4b7bab57579f6f','Jo Park is deactivated in Miro.');
INSERT INTO "words" VALUES(38,'case','c94ddd34f09942ac64c8fb304a6114b7','{"teams": [], "facts": {"how": ["delete"]}}');
INSERT INTO "words" VALUES(38,'details','53d7e852e7a04099d0ce6b0177da28d1','{"person":"P-9","how":"delete"}');
INSERT INTO "words" VALUES(38,'reason','ee4ee7491aba245c338aaf47515b734a','left in January');
INSERT INTO "words" VALUES(38,'who','77f33bfebbf65cee4008acfee7224069','lena@example.com U0LENA');
INSERT INTO "words" VALUES(39,'about','bc8acade3224c19c26a9dd0246692287','kim@example.com');
INSERT INTO "words" VALUES(39,'asked_by','f329727827325f1bc6f7c186da8c78b4','lena@example.com U0LENA');
INSERT INTO "words" VALUES(39,'case','6cfac858bd39144910b7acc0c9d76a1f','{"teams": [], "facts": {"how": ["delete"]}}');
INSERT INTO "words" VALUES(39,'details','0b464081198cea8a3c41dca79237b171','{"person":"P-9","how":"delete"}');
INSERT INTO "words" VALUES(39,'may_decide','3c5778e6c51603835be7273978575111','carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(39,'plan','a59a4228168acf156b6c894048729b02','{"miro_id": "3074457345618000010", "steps": [{"key": "gone", "text": "Delete the account from the company. This is final, and Kim''s boards pass to a team admin.", "did": "deleted the account", "detail": "", "hazards": 1, "call": "DELETE /Users/{user}"}], "already": ["no active Company Admin", "no admin role in use"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["gone"]}');
INSERT INTO "words" VALUES(39,'routing','a9be443e3dc23f6e1facf909fc4f6f34','{"notes": [], "because": {"P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(40,'who','3170d356f5b7066f5d7dfd121cc15cc0','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(41,'who','8177dfcc84b2da0918438742b4a14c36','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(43,'text','4365871dd81842adbe665a047d50920d','204');
INSERT INTO "words" VALUES(44,'gave','4c6b69fd67980a4b2cc0d6af9fd5a4ad','{"keys": ["gone"]}');
INSERT INTO "words" VALUES(44,'lines','b21f0f91228fdb0d5422e30e111818ee','{"done": ["deleted the account"], "left": []}');
INSERT INTO "words" VALUES(44,'look','36d8d4af33323ed3d919ed41d565c0c4','GET /Users, userName eq "kim@example.com"');
INSERT INTO "words" VALUES(44,'seen','a8e94597000933df1c872c96fda2c482','no account');
INSERT INTO "words" VALUES(44,'text','8a8d466f04a77fc86e52f1b2ce161933','Kim Berg is deleted in Miro.');
INSERT INTO "words" VALUES(45,'case','e2d7c654cc18b1d09cf1627bf795da76','{"teams": [["Design", "3074457345618000003"]], "facts": {}}');
INSERT INTO "words" VALUES(45,'details','12dcf31a6f6f09adf0d84e36e4b40f9f','{"person":"P-5","teams":["3074457345618000003"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(45,'reason','cea62fe882757c0ac6ab5493ff6f6f23','I like their boards');
INSERT INTO "words" VALUES(45,'who','d37b086f80b74c5ec07cc6efc5fda264','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(46,'about','f5d3315cc0c924abb7064feaf2b65337','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(46,'asked_by','48fcbeeb1f92daf1e0420f64432fdbda','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(46,'case','7dde54937aef2d5a6f1accee587efbe1','{"teams": [["Design", "3074457345618000003"]], "facts": {}}');
INSERT INTO "words" VALUES(46,'details','bd73820f02af173a7af17bf8b3ab16e1','{"person":"P-5","teams":["3074457345618000003"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(46,'may_decide','ec9ee405c149cc64ab9c39df38463e92','priya@example.com U0PRIYA, carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(46,'plan','59f0f31ac760e6b346dd85e24a84ec38','{"miro_id": "3074457345618000011", "steps": [{"key": "join 3074457345618000003 Design", "text": "Join Design.", "did": "joined Design", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000003"}], "already": ["the account alex@example.com is there", "the account is active"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["join 3074457345618000003 Design"]}');
INSERT INTO "words" VALUES(46,'routing','4851308b4cd6c22f2084ab3898b199f6','{"notes": [], "because": {"P-6": "you manage Alex", "P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(47,'text','d9850e942c6c06843549ae7a5033747f','Ask again when the project starts.');
INSERT INTO "words" VALUES(47,'who','46bb4035c39bb2c67d5df7819d5e0f26','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(48,'case','216dc5bb87d226ca3f337514e0ec072b','{"teams": [["Design", "3074457345618000003"]], "facts": {}, "left": [["Research", "3074457345618000007"]]}');
INSERT INTO "words" VALUES(48,'details','bc64fc4118cf6f9a4a4322fd042fa766','{"person":"P-4","from_team":"3074457345618000007","to_team":"3074457345618000003"}');
INSERT INTO "words" VALUES(48,'reason','f84f1a0609f88cd276f95f19c10bf881','I change teams');
INSERT INTO "words" VALUES(48,'who','7717145f7314bf26e77fa81b2ea41c6c','sam@example.com U0SAM');
INSERT INTO "words" VALUES(49,'about','678a92ad12c9db650a50a53b5d800f6f','sam@example.com U0SAM');
INSERT INTO "words" VALUES(49,'asked_by','6cc753727a7e09316f8fd537a3ca9592','sam@example.com U0SAM');
INSERT INTO "words" VALUES(49,'case','ec777d46e8cbc8dd9784ff1a95ca1fcd','{"teams": [["Design", "3074457345618000003"]], "facts": {}, "left": [["Research", "3074457345618000007"]]}');
INSERT INTO "words" VALUES(49,'details','6371c9bca36fb6fd384f6c795519d4f9','{"person":"P-4","from_team":"3074457345618000007","to_team":"3074457345618000003"}');
INSERT INTO "words" VALUES(49,'may_decide','c4f296dc645d68a304b749d57108eb95','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(49,'plan','e67938e6439f0e3262170c1e77984fff','{"miro_id": "3074457345618000008", "steps": [{"key": "join 3074457345618000003 Design", "text": "Join Design.", "did": "joined Design", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000003"}, {"key": "leave 3074457345618000007 Research", "text": "Leave Research. Sam''s boards there pass to a team admin and don''t come back.", "did": "left Research", "detail": "", "hazards": 1, "call": "PATCH /Groups/3074457345618000007"}], "already": ["the account sam@example.com is there", "the account is active"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["join 3074457345618000003 Design", "leave 3074457345618000007 Research"]}');
INSERT INTO "words" VALUES(49,'routing','4823cc02927065fce014c055bd857c8a','{"notes": [], "because": {"P-1": "you look after Miro"}}');
INSERT INTO "words" VALUES(50,'who','14c56efb9cfa684140a9b33dc9c85d9c','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(51,'who','713635c9719d9cf3bdbf1130dff44054','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(53,'text','37bf917cd54fc834fe5dc54aeac3dee9','200');
INSERT INTO "words" VALUES(55,'text','b5d77523736da95e8eaae3cbd165c00c','Any team in organization must have at least one admin');
INSERT INTO "words" VALUES(56,'lines','d1fd492cf163f18e585f89e3d4610e1d','{"done": ["joined Design"], "left": ["leave Research"]}');
INSERT INTO "words" VALUES(56,'remedy','1d62e4e5df2bc8a99144c4e0fb98a7f0','Make somebody else admin of that team in Miro, then press Resume. I''ll do only what''s left.');
INSERT INTO "words" VALUES(56,'text','b18a30a9b27e835bef44e8e7345b5012','Miro said: "Any team in organization must have at least one admin"');
INSERT INTO "words" VALUES(57,'case','d9aa5226c8c16b8fb6c149da61c8f5e5','{"teams": [["Design", "3074457345618000003"]], "facts": {}}');
INSERT INTO "words" VALUES(57,'details','f340d53aee0f9218662a4c853e644f32','{"person":"P-2","teams":["3074457345618000003"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(57,'reason','c2132b6086f132c072be026a9b7340bf','the project starts');
INSERT INTO "words" VALUES(57,'who','ce101737540c4ecfdc335d90ad9062f2','dana@example.com U0DANA');
INSERT INTO "words" VALUES(58,'about','85bb19530bed8ae721b7cf96f75c0103','dana@example.com U0DANA');
INSERT INTO "words" VALUES(58,'asked_by','0b7dba1ab5e79ddf8b6cc81d6f1157a4','dana@example.com U0DANA');
INSERT INTO "words" VALUES(58,'case','ea559ceb7496b01e1f79153a32a6b4f9','{"teams": [["Design", "3074457345618000003"]], "facts": {}}');
INSERT INTO "words" VALUES(58,'details','c4442358f5cd8b51b59a1019c6e48f5e','{"person":"P-2","teams":["3074457345618000003"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(58,'may_decide','bc50ef2390831a32a417c106f528812c','carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(58,'plan','5282f6ef4cc5f601573230b2afac3f94','{"miro_id": "", "steps": [{"key": "account dana@example.com Dana Fox", "text": "Create the account dana@example.com for Dana Fox. It may use a Miro license.", "did": "created the account dana@example.com", "detail": "name: Dana Fox", "hazards": 1, "call": "POST /Users"}, {"key": "join 3074457345618000003 Design", "text": "Join Design.", "did": "joined Design", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000003"}], "already": [], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["account dana@example.com Dana Fox", "join 3074457345618000003 Design"]}');
INSERT INTO "words" VALUES(58,'routing','135c019ba82584fdf086c8b2f87be799','{"notes": [], "because": {"P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(59,'text','531398d95681fd189ec5b7267ab54dc0','Which project?');
INSERT INTO "words" VALUES(59,'who','100d70efbe8877f64b419f3f8c1a14e1','carol@example.com U0CAROL');
INSERT INTO "words" VALUES(60,'case','29c2175172201253d22607f5c4768f00','{"teams": [["Design", "3074457345618000003"]], "facts": {}, "days": 2}');
INSERT INTO "words" VALUES(60,'details','691c5db4acab9c9f327b2413113883d8','{"person":"P-5","teams":["3074457345618000003"],"for_days":2,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(60,'reason','684dbf644faf101696eec68f52090003','because of a workshop');
INSERT INTO "words" VALUES(60,'who','8bc45f54d29681a98b4812ce786482ca','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(61,'about','cc6a42473fbad3dcedc14ddb4d9cf12c','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(61,'asked_by','4f3c1482bbaa497e43545b04d6de6343','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(61,'case','c12db2ceecc925000227da13217012a6','{"teams": [["Design", "3074457345618000003"]], "facts": {}, "days": 2}');
INSERT INTO "words" VALUES(61,'details','3a8cd8c65fc52feab63631370646cab7','{"person":"P-5","teams":["3074457345618000003"],"for_days":2,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(61,'may_decide','afcdb668a9f23a83dc620078ee0dc662','priya@example.com U0PRIYA, carol@example.com U0CAROL, sam@example.com U0SAM');
INSERT INTO "words" VALUES(61,'plan','19cdf2e1a1a836e175815e8561b85aaf','{"miro_id": "3074457345618000011", "steps": [{"key": "join 3074457345618000003 Design", "text": "Join Design.", "did": "joined Design", "detail": "", "hazards": 0, "call": "PATCH /Groups/3074457345618000003"}], "already": ["the account alex@example.com is there", "the account is active"], "rights": [], "warnings": [], "again": false, "anew": false, "gives": ["join 3074457345618000003 Design"]}');
INSERT INTO "words" VALUES(61,'routing','4eed1181276a782f6cb4ec0162763914','{"notes": [], "because": {"P-6": "you manage Alex", "P-1": "you look after Miro", "P-4": "you look after Miro"}}');
INSERT INTO "words" VALUES(62,'who','2d70eedd32aaa1fb626b06701325a20b','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(63,'who','e8939e7f02df806086386bfdeab0745c','priya@example.com U0PRIYA');
INSERT INTO "words" VALUES(65,'text','64b006d176927909a4c09d04309d0508','200');
INSERT INTO "words" VALUES(66,'gave','885fa281001597b5ccafbd4fcbea182b','{"keys": ["join 3074457345618000003 Design"]}');
INSERT INTO "words" VALUES(66,'lines','3816b716ded0ddd0b812a00a22c61fe6','{"done": ["joined Design"], "left": []}');
INSERT INTO "words" VALUES(66,'look','ac843444801ce96ced8452392cdfc529','GET /Users, userName eq "alex@example.com"');
INSERT INTO "words" VALUES(66,'seen','4c0c3dbbf325e5971a051df248800b69','{"id":"3074457345618000011","userName":"alex@example.com","displayName":"Alex Smith","active":true,"userType":"Full","roles":[{"value":"ORGANIZATION_INTERNAL_ADMIN","type":"organization_user_role","primary":true}],"groups":[{"value":"3074457345618000005","display":"Everybody"},{"value":"3074457345618000002","display":"g_app_itadmin_all"},{"value":"3074457345618000003","display":"Design"}]}');
INSERT INTO "words" VALUES(66,'text','d15a9ddc0f59aeebd59ae67fc62b2ac8','Alex Smith is in Design in Miro.');
INSERT INTO "words" VALUES(67,'case','1d1997401409e64fc051ac70edfee372','{"teams": [["IT Administration", "g_app_itadmin_all", "3074457345618000002"]], "facts": {}}');
INSERT INTO "words" VALUES(67,'details','0dec5562753c654ca69d0e9a618c5876','{"person":"P-5","teams":["3074457345618000002"],"for_days":null,"given_name":"","family_name":"","department":"","employee_number":"","cost_centre":"","division":"","organization":"","manager":""}');
INSERT INTO "words" VALUES(67,'reason','6f5edd7ff35a5b4dd46dba59cd72c37a','I forgot');
INSERT INTO "words" VALUES(67,'who','afe1328baba3e2b676d6bbd244ba0d89','alex@example.com U0ALEX');
INSERT INTO "words" VALUES(68,'text','a756016efbad91d5166a5cef9850ba47','That is so already for you. I asked nobody.');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX requests_active ON requests (next_due) WHERE active = 1;
CREATE INDEX requests_state ON requests (state);
CREATE INDEX requests_behind ON requests (state) WHERE shown < version;
CREATE INDEX requests_subject ON requests (subject);
CREATE INDEX requests_requester ON requests (requester);
CREATE INDEX requests_because ON requests (because_of) WHERE because_of IS NOT NULL;
CREATE INDEX lanes_number ON lanes (number);
CREATE INDEX people_email ON people (email) WHERE email != '';
CREATE INDEX accounts_person ON accounts (person);
CREATE INDEX cards_message ON cards (channel, ts);
CREATE INDEX requests_due ON requests (next_due) WHERE state IN ('waiting', 'done') AND next_due IS NOT NULL;
CREATE INDEX found_by_number ON found_by (number);
CREATE INDEX homes_behind ON homes (slack_id) WHERE shown < wanted;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
    OR NEW.prev IS NOT coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
    OR EXISTS (SELECT 1 FROM ledger WHERE stream = NEW.stream AND version = NEW.version)
  BEGIN SELECT RAISE(ABORT, 'an entry must follow on the last one'); END;
CREATE TRIGGER words_no_update BEFORE UPDATE ON words
  BEGIN SELECT RAISE(ABORT, 'a word is kept as it was said, or forgotten'); END;
COMMIT;
