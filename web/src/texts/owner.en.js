/* owner.en.js - what the owner's page says, in English. */

export default {
    skip: 'Skip to content', menu: 'Main', language: 'Language', loading: 'Loading…', again: 'Try again', toStart: 'To the figures',
    footer: (cinema) => `${cinema}. Times are the cinema’s own.`,
    notFound: 'Nothing here', notFoundWhy: 'This address leads to no page.',

    gate: 'For the house alone', gateWhy: 'Type the administrator’s token. It stays in this tab until you close it.',
    gateClosed: 'This house has no administrator’s token, so it answers its own machine alone. Set ADMIN_TOKEN to look from elsewhere.',
    token: 'Administrator’s token', tokenWhy: 'ADMIN_TOKEN in the settings of the house.', enter: 'Go in',
    tokenMissing: 'Type the token.', tokenWrong: 'That is not the token', tokenWrongWhy: 'Check that it was copied whole, and try again.',

    figures: 'Figures', daySheet: 'Day sheet', showings: 'Showings', services: 'Services',
    period: 'Period', periods: { week: '7 days', month: '30 days', quarter: '90 days', year: '365 days' },
    liveAt: (time) => `Live, as of ${time}`, liveLost: (time) => `No connection: as of ${time}`,
    takenToday: 'Taken today', ticketsToday: 'Tickets today', takenIn: (period) => `Taken in ${period}`,
    soldLessRefunded: (sold, refunded) => `${sold} sold, ${refunded} paid back`,
    reservationsOf: (n) => (n === 1 ? '1 reservation' : `${n} reservations`),
    occupancy: 'How full', seatsOf: (taken, all) => `${taken} of ${all} seats`,
    revenueByDay: 'Revenue by day', revenueSum: (all, day, most) => `${all} in all; the best day was ${day}, with ${most}.`,
    nothingSold: 'Nothing was sold.', date: 'Day', revenue: 'Revenue',
    occupancyByHour: 'How full by the hour', hourSum: (hour, rate) => `Fullest are the showings that begin from ${hour} on: ${rate}.`,
    noSeatsTaken: 'No seat is taken.', hour: 'Hour', full: 'How full', seats: 'Seats',
    roomsByHour: 'Rooms by the hour', roomsByHourWhy: 'Seats taken, by the hour in which a showing begins. Showings to come are counted too.',
    room: 'Room', all: 'All', noShowing: 'no showing',
    popular: 'Popular films', film: 'Film', reservations: 'Reservations', filmUnknown: 'Unknown film',
    asTable: 'As a table', chartPoint: 'Point at the chart to read a value.',

    days: 'Days', dayBefore: 'Day before', dayNext: 'Day after', print: 'Print',
    sold: 'Sold', refunded: 'Paid back', net: 'Net', tickets: 'Tickets',
    byHour: 'By the hour', hourNet: (hour, net) => `Most came in from ${hour} on: ${net}.`,
    byMethod: 'By payment method', method: 'Method', methodUnknown: 'Not known', byFilm: 'By film',
    methods: { credit_card: 'Credit card', debit_card: 'Debit card', card: 'Card', cash: 'Cash', paypal: 'PayPal' },

    noShowings: 'Nothing is on that day.',
    curve: 'How the tickets went', now: 'Now',
    curveSum: (tickets, seats, from) => `${tickets} of ${seats} seats are sold, the first on ${from}.`,

    parts: { movies: 'Films', rooms: 'Rooms', reservations: 'Reservations', gateway: 'Gateway', analytics: 'Figures', ingestion: 'Cloud copies',
        store: 'Its store', redis: 'Redis', s3: 'S3', dynamodb: 'DynamoDB', rds: 'RDS', backup: 'Backup' },
    health: { healthy: 'Well', unhealthy: 'Not well', away: 'No answer', none: 'Not used' },
    ok: 'well', awaySince: (s) => `away for ${s} s`, version: (v) => `Version ${v}`, events: (n) => `${n} events`,
    breakers: { closed: 'breaker closed', open: 'breaker open', 'half-open': 'breaker half open' },
    feedOf: (owner) => `Follows ${owner}`, feedNow: 'up to date', feedLag: (n) => (n === 1 ? '1 event behind' : `${n} events behind`),
    feedLost: (s) => `not heard for ${s} s`, feedUnknown: 'its owner is away',
    allWell: 'All that is used is well.', someIll: (n) => (n === 1 ? 'One service is not well.' : `${n} services are not well.`),

    failed: 'That did not work', offline: 'No answer', offlineWhy: 'Check the connection and try again.',
    errors: {
        showing_unknown: 'That showing no longer exists.',
        not_found: 'We could not find it.',
        upstream_away: 'A service that is needed for this is away. Look at Services.',
        busy: 'The house is very busy right now. Try again in a moment.',
    },
};
