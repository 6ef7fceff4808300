/* door.en.js - what the door's page says, in English. */

export default {
    skip: 'Skip to content', menu: 'Main', language: 'Language', loading: 'Loading…', again: 'Try again', toStart: 'To the door',
    footer: (cinema) => `${cinema}. Times are the cinema’s own.`,
    notFound: 'Nothing here', notFoundWhy: 'This address leads to no page.',

    title: 'Door', doorName: 'Entrance',
    gate: 'The house asks for its token', gateWhy: 'Without it this door decides by what it has kept, and sends nothing.',
    gateClosed: 'This house has no administrator’s token, so it answers its own machine alone.',
    token: 'Administrator’s token', tokenWhy: 'ADMIN_TOKEN in the settings of the house. It stays in this tab until you close it.', enter: 'Go in',
    tokenMissing: 'Type the token.', tokenWrong: 'That is not the token',

    showing: 'Showing that comes in', anyShowing: 'Any showing', where: 'Name of this door',
    online: 'Online', offlineShort: 'Offline: the door decides by itself',
    inOf: (n, all) => `${n} of ${all} are in`, listAt: (time) => `List of ${time}`, listNone: 'No list yet',
    unsent: (n) => (n === 1 ? '1 to be sent' : `${n} to be sent`), allSent: 'All sent',
    soundOn: 'Sound on', soundOff: 'Sound off',

    code: 'Code of the ticket', codeWhy: 'A handheld reader types it here by itself.', check: 'Check',
    cameraOn: 'Scan with the camera', cameraOff: 'Switch the camera off', cameraPicture: 'What the camera sees',
    cameraForbidden: 'The browser does not let this page use the camera', cameraNone: 'No camera could be used',
    cameraElse: 'Allow it in the browser, or use a handheld reader.', cameraTls: 'The camera needs this page to come by https.',

    ready: 'Ready for the next ticket', looking: 'Looking…',
    verdicts: { welcome: 'Welcome', already: 'Already in', other: 'Other showing', cancelled: 'Cancelled', foreign: 'Not ours',
        unpaid: 'Not paid', unready: 'Not ready yet', full: 'No more room here', late: 'Too late to be recorded' },
    whys: { cancelled: 'This ticket was given back.', foreign: 'This cinema has not made this code.',
        unpaid: 'The reservation was not paid.', unready: 'Open this page once with a network: it has no keys to judge by.',
        full: 'This browser can keep no more check-ins. Connect it first.', late: 'It was scanned more than a day before it could be sent.' },
    cameIn: (time, where) => (where ? `At ${time}, ${where}.` : `At ${time}.`),
    forShowing: (showing) => `It is for ${showing}.`, forOtherDay: 'It is for another day.',
    byList: 'By the list that is kept; it will be sent.', bySignature: 'Signed by us, and newer than the list that is kept; it will be sent.',
    seat: (row, number) => `Row ${row}, seat ${number}`, reservation: (n) => `Reservation ${n}`,
    before: 'Before', troubles: 'Look at these', troublesSeen: 'I have seen them',
    troublesWhy: 'They were let in while the door was offline, and then the house said otherwise.',

    newVersion: 'A new version of this page is there', newVersionWhy: 'Nothing that is kept is lost.', newVersionTake: 'Use it',
    failed: 'That did not work', offline: 'No answer', offlineWhy: 'Check the connection and try again.',
    errors: { not_found: 'We could not find it.', busy: 'The house is very busy right now. Try again in a moment.' },
};
