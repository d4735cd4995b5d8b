/**
 * Every word that the page's code shows, in the language of the page: here in English, in
 * words/ in others. Values are strings with `{name}` holes, or plural forms by
 * `Intl.PluralRules` category.
 */

const en = {
  appName: 'Parley',
  you: 'You',
  nameOfOneself: '{name} (you)',
  notes: 'Notes to yourself',
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
  nextTry: 'No connection. Next try in {seconds} s',
  connectionBack: 'Connected again',
  notifications: 'Notifications',
  notificationsTurnOn: 'Turn on notifications',
  notificationsTurnOff: 'Turn off notifications',
  notificationsAreOn: 'You are told when somebody writes and you look at something else.',
  notificationsMissing: 'This browser has no notifications for pages like this one.',
  sound: 'Sound for a new message',
  sound_on: 'On',
  sound_off: 'Off',
  notificationsOffer: 'Know when somebody writes.',
  notificationsBlocked:
    'Notifications are blocked. To undo that, click the sign beside the address of this page and allow them.',
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
  actions: 'Actions',
  moreActions: 'More',
  reply: 'Reply',
  react: 'React',
  edit: 'Edit',
  copyText: 'Copy text',
  copyLink: 'Copy link',
  messageInfo: 'Message info',
  delete: 'Delete',
  retry: 'Retry',
  markRead: 'Mark as read',
  infoFrom: 'From',
  infoAt: 'Sent',
  infoEdited: 'Edited',
  yes: 'Yes',
  infoRead: 'Read by',
  infoDelivered: 'Delivered to',
  infoSent: 'Not delivered yet',
  shortcutSheet: 'Keyboard shortcuts',
  keysAnywhere: 'Anywhere',
  keySearch: 'Find a chat or a person',
  keyChats: 'Chat above, below',
  keyUnreadChats: 'Unread chat above, below',
  keyHelp: 'This page',
  keysWriting: 'While writing',
  keySend: 'Send',
  keyBreak: 'New line',
  keyEditLast: 'Edit the last message, in an empty box',
  keyEmoji: 'Emoji by its name',
  keyCancel: 'Cancel a reply or an edit; mark as read',
  keysMessages: 'Among messages',
  keyToMessages: 'From the box to the messages',
  keyMove: 'Older, newer, first, last',
  keyToolbar: 'What can be done',
  keyMenu: 'Menu',
  keyToComposer: 'Back to the box',
  jumpToFirstUnread: 'Jump to first unread',
  emojiSuggestions: { one: '{count} emoji suggested', other: '{count} emoji suggested' },
  emojiFound: { one: '{count} emoji found', other: '{count} emoji found' },
  emojiNone: 'No emoji for “{query}”',
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
  usernameFree: '{username} is free.',
  usernameTaken: 'This username is taken.',
  error_invalid_username:
    'A username has 3 to 32 of the characters a-z, 0-9, dot, underscore and hyphen, and starts with a letter or digit.',
  close: 'Close',
  loading: 'Loading…',
  saved: 'Saved',
  details: 'Details',
  settings: 'Settings',
  profile: 'Profile',
  displayName: 'Display name',
  displayNameHint: 'What people see. They can always find you as @{username}.',
  saveName: 'Save name',
  appearance: 'Appearance and typing',
  theme: 'Theme',
  theme_system: 'Like the system',
  theme_light: 'Light',
  theme_dark: 'Dark',
  clock: 'Time of day',
  clock_auto: 'As usual here',
  clock_12: '12 hours',
  clock_24: '24 hours',
  send: 'Send a message with',
  send_enter: 'Enter',
  send_ctrl: 'Ctrl+Enter or ⌘+Enter',
  shortcuts: 'Shortcuts of a single key',
  shortcuts_on: 'On',
  shortcuts_off: 'Off',
  password: 'Password',
  oldPassword: 'Old password',
  newPassword: 'New password',
  passwordRules: 'At least 8 characters. All your other sessions end.',
  showPassword: 'Show',
  changePassword: 'Change password',
  passwordChanged: 'Password changed',
  sessions: 'Sessions',
  thisSession: 'This one, active now',
  lastActive: 'Last active {time}',
  signedIn: 'Signed in {time} from {address}',
  deviceOn: '{program} on {system}',
  deviceUnknown: 'Unknown device',
  end: 'End',
  endSession: 'End {device}',
  endOthers: 'End all others',
  sessionEnded: 'Session ended',
  othersEnded: 'All others ended',
  language: 'Language',
  language_auto: 'Like the browser',
  language_en: 'English',
  language_de: 'Deutsch',
  error_invalid_name: 'A name has 1 to 64 characters, and no line breaks.',
  error_invalid_new: 'Use 8 to 256 characters; not your username, and not one of the commonest passwords.',
  error_forbidden_old: 'The old password is wrong.',
  error_forbidden: 'That is not allowed. Load the page again.',
  error_not_found: 'That is no longer there.',
  error_conflict: 'Something else was faster. Look again.',
  error_too_large: 'That is too long.',
  error_rate_limited: { one: 'Too many tries. Wait {count} second.', other: 'Too many tries. Wait {count} seconds.' },
  error_unavailable: 'The server cannot do that now. Try again in a moment.',
  error_unauthorized: 'You are signed out. Load the page again.',
  error_disconnected: 'That needs a connection. Try again in a moment.',
  error_other: 'The server did not accept that.',
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
  const entry = words[key];
  const pattern = typeof entry === 'string' ? entry : (entry[plurals.select(Number(holes.count))] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/gu, (hole, name) => (name in holes ? String(holes[name]) : hole));
}

/** @returns {Readonly<typeof en>} every word of the language that is spoken */
export function allWords() {
  return words;
}

/**
 * What to say of something that the server refused, or that never reached it.
 *
 * @param {{code?: string | number, field?: string, retryAfter?: number, name: string}} error a
 *   `Refusal` or `Disconnected`
 * @returns {string}
 */
export function sayError({ code, field, retryAfter, name }) {
  if (name === 'Disconnected') return say('error_disconnected');
  const key = [`error_${code}_${field}`, `error_${code}`].find(hasWords) ?? 'error_other';
  return say(key, { count: Math.ceil(retryAfter ?? 1) });
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
 * Speaks another language from now on. What a catalogue lacks stays English.
 *
 * @param {string} tag a BCP 47 tag
 */
export async function useLanguage(tag) {
  locale = tag;
  plurals = new Intl.PluralRules(locale);
  words = { ...en, ...(await catalogueOf(tag)) };
}

/** @returns {string} how dates are written: the browser's own kind of the language, if it has one */
export function dateLocale() {
  if (!globalThis.document) return locale;
  return navigator.languages.find((one) => one.split('-')[0] === locale) ?? locale;
}

/** @param {string} tag */
async function catalogueOf(tag) {
  if (tag === 'de') return (await import('../words/de.js')).default;
  if (!tag.includes('-X')) return {};
  const disguise = (await import('../words/pseudo.js')).disguises[tag];
  const each = (entry) =>
    typeof entry === 'string'
      ? disguise(entry)
      : Object.fromEntries(Object.entries(entry).map(([form, pattern]) => [form, disguise(pattern)]));
  return Object.fromEntries(Object.entries(en).map(([key, entry]) => [key, each(entry)]));
}

// The server has chosen; whoever imports this waits until its words are there.
if (globalThis.document) await useLanguage(document.documentElement.lang);
