import { refusalOf, rejectionOf, type ServerMessage } from './replies';

const message = (command: string, ...params: string[]): ServerMessage => ({ command, nick: '', params });
const isBuilds = (name: string): boolean => name.toLowerCase() === '#builds';
const refusal = (command: string, channel = '#builds', identified = false) =>
  refusalOf(message(command, 'hub', channel, 'words for people'), isBuilds, identified);

describe('refusalOf', () => {
  it.each([
    ['403', 'no such channel'],
    ['401', 'no such channel'],
    ['404', 'does not let Hub speak'],
    ['470', 'another one'],
    ['473', 'invited'],
    ['474', 'banned'],
    ['475', 'key'],
    ['477', 'registered nicks'],
    ['489', 'TLS'],
    ['479', 'refuses the channel'],
    ['520', 'refuses the channel'],
  ])('takes %s for good', (command, words) => {
    expect(refusal(command)).toMatchObject({ final: true, message: expect.stringContaining(words) });
    expect(refusal(command)?.message).toContain(command);
  });

  it.each(['405', '407', '437', '439', '442', '471', '500'])('takes %s for something that may pass', (command) => {
    expect(refusal(command)).toMatchObject({ final: false });
  });

  it('hopes for NickServ when a channel is for registered nicks and Hub has a password', () => {
    expect(refusal('477', '#builds', true)).toMatchObject({ final: false });
  });

  it('compares names of channels as the server does', () => {
    expect(refusal('474', '#BUILDS')).not.toBeNull();
    expect(refusal('474', '#other')).toBeNull();
  });

  it.each(['353', '366', '332', 'JOIN', 'PRIVMSG', 'NOTICE'])('hears no refusal in %s', (command) => {
    expect(refusal(command)).toBeNull();
  });

  it('does not take our nick or words for people for the channel', () => {
    expect(refusalOf(message('404', '#builds', '#other', '#builds'), isBuilds, false)).toBeNull();
  });
});

describe('rejectionOf', () => {
  it('hears that the server does not want us, and that it wants a password', () => {
    expect(rejectionOf(message('464', 'hub', 'Password incorrect'))).toMatchObject({ final: true });
    expect(rejectionOf(message('465', 'hub', 'You are banned'))).toMatchObject({ final: true });
    expect(rejectionOf(message('433', 'hub', 'hub', 'Nickname is already in use'))).toBeNull();
  });
});
