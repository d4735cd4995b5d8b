/**
 * Every word that the page's code shows, in one catalogue, so that a language is one
 * more object. Values are strings with `{name}` holes, or plural forms by
 * `Intl.PluralRules` category.
 */

const en = {
  appName: 'Parley',
  you: 'You',
  nameOfOneself: '{name} (you)',
  notes: 'Notes to yourself',
  youSaid: 'You: {text}',
  draft: 'Draft:',
  messageDeleted: 'Message deleted',
  edited: 'edited',
  newDivider: 'New',
  beginning: 'This is the beginning of your chat with {name}',
  beginningNotes: 'This is the beginning of your notes',
  sayHello: 'Say hello to {name}',
  noteHint: 'Only you can see what you write here',
  composer: 'Message {name}',
  composerNotes: 'Message yourself',
  composerEmpty: 'Message',
  replyingTo: 'Reply to {name}',
  replyingToOneself: 'Reply to yourself',
  editing: 'Edit message',
  cancelReply: 'Cancel reply',
  cancelEdit: 'Cancel editing',
  charactersLeft: { one: '{count} character left', other: '{count} characters left' },
  charactersOver: { one: '{count} character too many', other: '{count} characters too many' },
  unread: { one: '{count} unread message', other: '{count} unread messages' },
  newMessages: { one: '{count} new message', other: '{count} new messages' },
  newMessagesFrom: { one: '{count} new message from {name}', other: '{count} new messages from {name}' },
  newMessageFrom: 'New message from {name}',
  jumpToLatest: 'Jump to latest',
  spoken: '{name}: {text}',
  online: 'online',
  lastSeenToday: 'last seen today at {time}',
  lastSeenYesterday: 'last seen yesterday at {time}',
  lastSeenOn: 'last seen {date} at {time}',
  today: 'Today',
  yesterday: 'Yesterday',
  members: { one: '{count} member', other: '{count} members' },
  isTyping: '{name} is typing…',
  areTyping: '{first} and {second} are typing…',
  severalTyping: 'Several people are typing…',
  stateSending: 'Sending',
  stateSent: 'Sent',
  stateDelivered: 'Delivered',
  stateRead: 'Read',
  stateFailed: 'Not sent',
  connection: 'Connection',
  reconnecting: 'Reconnecting…',
  nextTry: 'Next try in {seconds} s',
  connectionBack: 'Connected again',
  updateReady: 'Update ready',
  searchEmpty: 'Nobody found for “{query}”',
  searchOffline: 'People can be searched once you are connected again.',
  searchFailed: 'The search did not work. Try again in a moment.',
  searchResults: { one: '{count} person found', other: '{count} people found' },
  noConversation: 'Pick a chat, or find somebody',
  conversationMissing: 'This chat does not exist, or is not yours.',
  conversationAway: 'This chat is not kept on this device. It opens as soon as there is a connection.',
  offlineAction: 'That needs a connection. Try again in a moment.',
  actionFailed: 'That did not work: {reason}',
  goneMessage: 'That message is no longer there.',
  deletedUndo: 'Message deleted',
  undo: 'Undo',
  copied: 'Copied',
  copyFailed: 'Copying is not allowed here. Select the text instead.',
  emojiSuggestions: { one: '{count} emoji suggested', other: '{count} emoji suggested' },
  emojiFound: { one: '{count} emoji found', other: '{count} emoji found' },
  emojiNone: 'No emoji for “{query}”',
  emojiFailed: 'The emoji could not be loaded. Try again in a moment.',
  emoji_found: 'Found',
  emoji_recent: 'Recently used',
  emoji_smileys: 'Smileys',
  emoji_people: 'People',
  emoji_nature: 'Animals and nature',
  emoji_food: 'Food and drink',
  emoji_travel: 'Travel and places',
  emoji_activities: 'Activities',
  emoji_objects: 'Objects',
  emoji_symbols: 'Symbols',
  emoji_flags: 'Flags',
  reactionBy: '{emoji} {names}',
  failed_too_large: 'It is too long.',
  failed_not_found: 'You are no longer part of this chat.',
  failed_forbidden: 'You may not write here.',
  failed_invalid: 'The server did not accept it.',
  failed_conflict: 'It was sent before with other words.',
  failed_other: 'The server could not take it.',
  failedAlert: 'Message not sent. {reason}',
  documentTitle: '{name} · Parley',
  documentTitleUnread: '({count}) {title}',
  capsLock: 'Caps Lock is on.',
};

let words = en;
let locale = 'en';
let plurals = new Intl.PluralRules(locale);

/**
 * The words for a key.
 *
 * @param {keyof typeof en} key
 * @param {Record<string, string | number>} [holes] `count` chooses the plural form
 * @returns {string}
 */
export function say(key, holes = {}) {
  const entry = words[key] ?? en[key];
  const pattern = typeof entry === 'string' ? entry : (entry[plurals.select(Number(holes.count))] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/gu, (hole, name) => (name in holes ? String(holes[name]) : hole));
}

/**
 * Whether the catalogue has such a key.
 *
 * @param {string} key
 * @returns {boolean}
 */
export function hasWords(key) {
  return key in en;
}

/**
 * Speaks another language from now on; keys that it lacks stay English.
 *
 * @param {string} name a BCP 47 tag
 * @param {Partial<typeof en>} catalogue
 */
export function useLanguage(name, catalogue) {
  locale = name;
  words = { ...en, ...catalogue };
  plurals = new Intl.PluralRules(locale);
}
