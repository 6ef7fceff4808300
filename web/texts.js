/* texts.js - every sentence of the pages, in Spanish and English. t.x is the text in the language chosen. */

const es = {
    skip: 'Ir al contenido',
    menu: 'Principal', language: 'Idioma', programme: 'Cartelera', myTickets: 'Mis entradas',
    footer: (cinema) => `${cinema}. Las horas son las del cine.`,
    loading: 'Cargando…', again: 'Intentar de nuevo', toProgramme: 'Ver la cartelera',
    notFound: 'Aquí no hay nada', notFoundWhy: 'La dirección no lleva a ninguna página.',

    byDay: 'Por día', byFilm: 'Por película', days: 'Días', today: 'Hoy', tomorrow: 'Mañana', otherDay: 'Otro día',
    whatsOn: (day) => `En cartelera: ${day}`,
    nothingOn: 'Ese día no hay funciones', nextOn: (day) => `La próxima función es el ${day}`,
    nothingAhead: 'Todavía no hay funciones programadas.',
    search: 'Buscar película', noFilm: 'Ninguna película se llama así.',
    filmsFound: (n) => (n === 1 ? '1 película' : `${n} películas`),
    from: (when) => `Desde ${when}`,
    minutes: (n) => (n >= 60 ? `${Math.floor(n / 60)} h ${n % 60 ? `${n % 60} min` : ''}`.trim() : `${n} min`),
    directedBy: 'Dirección', cast: 'Reparto', rating: 'Nota',
    showings: 'Funciones', noShowings: 'Esta película no tiene funciones por ahora.',
    started: 'ya empezó', salesClosed: 'venta cerrada', onSaleFrom: (when) => `a la venta desde ${when}`,

    chooseSeats: 'Elige tus asientos', screen: 'Pantalla', seatPlan: 'Plano de la sala',
    planHelp: 'Con el teclado: flechas para moverte, Intro o espacio para elegir.',
    best: 'Los mejores juntos', bestPick: 'Elegir',
    bestNone: (n) => `No quedan ${n} asientos libres juntos.`,
    row: (row) => `Fila ${row}`,
    seat: (row, number) => `Fila ${row}, asiento ${number}`,
    seatShort: (row, number) => `${row}${number}`,
    types: { regular: 'normal', premium: 'premium', vip: 'VIP' },
    typeNames: { regular: 'Normal', premium: 'Premium', vip: 'VIP' },
    states: { free: 'libre', held: 'apartado por otra persona', sold: 'vendido', out: 'fuera de servicio', lost: 'se acaba de ocupar' },
    accessible: 'para silla de ruedas', accessibleName: 'Silla de ruedas',
    chosenMark: 'elegido', chosen: 'Elegido', taken: 'Ocupado', free: 'Libre',
    seatTaken: (seat, state) => `${seat}: ${state}.`,
    nowChosen: (seat, count, total) => `${seat} elegido. ${count}, ${total}.`,
    nowDropped: (seat, count, total) => `${seat} quitado. ${count}, ${total}.`,
    seatCount: (n) => (n === 1 ? '1 asiento' : `${n} asientos`),
    tooMany: (max) => `Se pueden elegir ${max} asientos como máximo.`,
    yourChoice: 'Tu elección', nothingChosen: 'Toca los asientos que quieras en el plano.',
    removeSeat: (seat) => `Quitar ${seat}`, total: 'Total',
    buyer: 'Tus datos', name: 'Nombre', email: 'Correo electrónico', emailWhy: 'Identifica tu compra; no enviamos publicidad.',
    nameMissing: 'Escribe tu nombre.', nameLong: 'El nombre puede tener hasta 255 letras.',
    emailMissing: 'Escribe tu correo.', emailWrong: 'El correo necesita una @ con algo a cada lado, como ana@example.com.',
    seatsMissing: 'Elige al menos un asiento.',
    hold: 'Apartar y pagar', holding: 'Apartando…', holdWhy: 'Los asientos quedan apartados un rato para ti mientras pagas.',
    next: 'Continuar',
    lost: (seats) => (seats.length === 1 ? `${seats[0]} se acaba de ocupar` : `${seats.join(', ')} se acaban de ocupar`),
    lostKept: (seats) => (seats.length ? `Sigues teniendo elegidos ${seats.join(', ')}. Añade otros o continúa con ellos.` : 'Elige otros asientos en el plano.'),
    soldOut: 'Función agotada', soldOutWhy: 'No queda ningún asiento libre. Mira otra función.',

    queueName: 'Sala de espera', queueWaiting: 'Estás en la fila', queueProgress: 'Avance de la fila',
    queuePlace: (n) => `Tu lugar: ${n}`,
    queueWait: (minutes) => (minutes <= 1 ? 'Menos de un minuto' : `Unos ${minutes} minutos`),
    queueStay: 'No hace falta recargar: cuando llegue tu turno, esta página pasa sola a los asientos. Tu lugar queda guardado en este navegador.',
    queueOpens: (when) => `La venta abre el ${when}`, queueDrawing: 'La venta acaba de abrir',
    queueDrawn: 'El orden de quienes llegan antes se sortea cuando abre la venta: llegar primero no da ventaja.',
    queueFree: (n) => (n === 1 ? 'Queda 1 asiento libre.' : `Quedan ${n} asientos libres.`),
    queueSoldOut: 'Ya no queda ningún asiento libre. Si alguien suelta uno, quien está en la fila puede tomarlo.',
    queueTurn: 'Es tu turno: elige tus asientos.', queueBack: 'Esta función tiene sala de espera: vuelves a la fila.',
    queueUntil: (minutes) => (minutes === 1 ? 'Es tu turno: tienes 1 minuto para comprar.' : `Es tu turno: tienes ${minutes} minutos para comprar.`),

    payTitle: 'Pagar', holdLeft: (clock) => `Quedan ${clock} para pagar`,
    leftSpoken: (minutes) => (minutes === 1 ? 'Queda 1 minuto para pagar.' : `Quedan ${minutes} minutos para pagar.`),
    counter: 'Se paga en la taquilla', counterWhy: 'Esta reserva se paga en la taquilla antes de la función.',
    payHow: 'Forma de pago', card: 'Tarjeta', cash: 'Efectivo', declineTest: 'Tarjeta de prueba que se rechaza',
    simulated: 'Pago simulado: no se mueve dinero de verdad.',
    payNow: (amount) => `Pagar ${amount}`, paying: 'Pagando…', release: 'Soltar los asientos', releasing: 'Soltando…',
    declined: 'El pago fue rechazado', declinedWhy: 'No se cobró nada y tus asientos siguen apartados. Prueba con otra forma de pago.',
    unknown: 'Aún no sabemos si el pago pasó', unknownWhy: 'No pagues otra vez: lo estamos preguntando y esta página cambiará sola. Tus asientos siguen apartados.',
    expired: 'Se acabó el tiempo', expiredWhy: 'Los asientos quedaron libres y no se cobró nada.',
    chooseAgain: 'Elegir asientos otra vez',

    ticket: 'Tu entrada', paid: 'Comprado. ¡Buena función!',
    paidWhy: 'Muestra esta página o di el número de reserva en la entrada.',
    number: 'Reserva', date: 'Fecha', time: 'Hora', room: 'Sala', seats: 'Asientos', price: 'Precio', holder: 'A nombre de',
    print: 'Imprimir', cancel: 'Cancelar la compra', cancelling: 'Cancelando…',
    cancelSure: '¿Cancelar la compra?', cancelSureWhy: (amount) => `Los asientos quedan libres y se devuelven ${amount}. No se puede deshacer.`,
    cancelYes: 'Sí, cancelar', cancelNo: 'No, conservarla',
    cancelled: 'Compra cancelada', refunded: (amount) => `Se devolvieron ${amount}.`, notCharged: 'No se cobró nada.',

    noTicketsWhy: 'Lo que compres con este navegador aparecerá aquí.',
    ticketsWhy: 'Compradas con este navegador.', forget: 'Olvidar', forgetOne: (n) => `Olvidar la reserva ${n} en este navegador`,
    status: { PENDING: 'Sin pagar', CONFIRMED: 'Pagada', CANCELLED: 'Cancelada', EXPIRED: 'Vencida' },

    failed: 'No se pudo',
    offline: 'No hay respuesta', offlineWhy: 'Revisa la conexión e inténtalo de nuevo. Nada se compra dos veces.',
    errors: {
        sales_closed: 'La venta de esta función ya cerró.',
        queue_full: 'Esperan tantas personas que la venta terminaría antes de tu turno.',
        not_on_sale_yet: 'Esta función todavía no está a la venta.',
        showing_cancelled: 'Esta función se canceló.',
        showing_unknown: 'Esa función ya no existe.',
        too_late: 'Ya es tarde para devolver el dinero: la función está por empezar.',
        too_many_holds: 'Tienes demasiadas reservas sin pagar. Paga o suelta alguna antes.',
        payment_in_progress: 'Hay un pago en curso. Espera un momento.',
        not_found: 'No lo encontramos.',
        busy: 'El cine está muy ocupado ahora mismo. Inténtalo en un momento.',
    },
    notOurs: 'No encontramos esa reserva', notOursWhy: 'El enlace no está completo o la reserva ya no existe.',
};

const en = {
    skip: 'Skip to content',
    menu: 'Main', language: 'Language', programme: 'What’s on', myTickets: 'My tickets',
    footer: (cinema) => `${cinema}. Times are the cinema’s own.`,
    loading: 'Loading…', again: 'Try again', toProgramme: 'See what’s on',
    notFound: 'Nothing here', notFoundWhy: 'This address leads to no page.',

    byDay: 'By day', byFilm: 'By film', days: 'Days', today: 'Today', tomorrow: 'Tomorrow', otherDay: 'Another day',
    whatsOn: (day) => `What’s on: ${day}`,
    nothingOn: 'Nothing is on that day', nextOn: (day) => `The next showing is on ${day}`,
    nothingAhead: 'No showings are planned yet.',
    search: 'Find a film', noFilm: 'No film has that name.',
    filmsFound: (n) => (n === 1 ? '1 film' : `${n} films`),
    from: (when) => `From ${when}`,
    minutes: (n) => (n >= 60 ? `${Math.floor(n / 60)} h ${n % 60 ? `${n % 60} min` : ''}`.trim() : `${n} min`),
    directedBy: 'Directed by', cast: 'Cast', rating: 'Rating',
    showings: 'Showings', noShowings: 'This film has no showings for now.',
    started: 'already started', salesClosed: 'sales closed', onSaleFrom: (when) => `on sale from ${when}`,

    chooseSeats: 'Choose your seats', screen: 'Screen', seatPlan: 'Seat plan',
    planHelp: 'By keyboard: arrows to move, Enter or Space to choose.',
    best: 'Best together', bestPick: 'Choose',
    bestNone: (n) => `There are no ${n} free seats left together.`,
    row: (row) => `Row ${row}`,
    seat: (row, number) => `Row ${row}, seat ${number}`,
    seatShort: (row, number) => `${row}${number}`,
    types: { regular: 'regular', premium: 'premium', vip: 'VIP' },
    typeNames: { regular: 'Regular', premium: 'Premium', vip: 'VIP' },
    states: { free: 'free', held: 'held by somebody else', sold: 'sold', out: 'out of service', lost: 'just taken' },
    accessible: 'wheelchair place', accessibleName: 'Wheelchair',
    chosenMark: 'chosen', chosen: 'Chosen', taken: 'Taken', free: 'Free',
    seatTaken: (seat, state) => `${seat}: ${state}.`,
    nowChosen: (seat, count, total) => `${seat} chosen. ${count}, ${total}.`,
    nowDropped: (seat, count, total) => `${seat} removed. ${count}, ${total}.`,
    seatCount: (n) => (n === 1 ? '1 seat' : `${n} seats`),
    tooMany: (max) => `You can choose ${max} seats at most.`,
    yourChoice: 'Your choice', nothingChosen: 'Pick the seats you want on the plan.',
    removeSeat: (seat) => `Remove ${seat}`, total: 'Total',
    buyer: 'Your details', name: 'Name', email: 'E-mail', emailWhy: 'It identifies your purchase; no advertising is sent.',
    nameMissing: 'Type your name.', nameLong: 'The name may have up to 255 letters.',
    emailMissing: 'Type your e-mail.', emailWrong: 'The e-mail needs an @ with something on both sides, like ana@example.com.',
    seatsMissing: 'Choose at least one seat.',
    hold: 'Hold and pay', holding: 'Holding…', holdWhy: 'The seats are held for you for a while as you pay.',
    next: 'Continue',
    lost: (seats) => (seats.length === 1 ? `${seats[0]} was just taken` : `${seats.join(', ')} were just taken`),
    lostKept: (seats) => (seats.length ? `You still have ${seats.join(', ')} chosen. Add others or go on with these.` : 'Choose other seats on the plan.'),
    soldOut: 'Sold out', soldOutWhy: 'No seat is free any more. Look at another showing.',

    queueName: 'Waiting room', queueWaiting: 'You are in the queue', queueProgress: 'Progress of the queue',
    queuePlace: (n) => `Your place: ${n}`,
    queueWait: (minutes) => (minutes <= 1 ? 'Less than a minute' : `About ${minutes} minutes`),
    queueStay: 'There is no need to reload: when your turn comes, this page goes on to the seats by itself. Your place is kept in this browser.',
    queueOpens: (when) => `Sales open on ${when}`, queueDrawing: 'Sales have just opened',
    queueDrawn: 'The order of those who come before is drawn when sales open: to be first is no advantage.',
    queueFree: (n) => (n === 1 ? '1 seat is left.' : `${n} seats are left.`),
    queueSoldOut: 'No seat is free any more. When somebody lets one go, those in the queue may take it.',
    queueTurn: 'It is your turn: choose your seats.', queueBack: 'This showing has a waiting room: back to the queue.',
    queueUntil: (minutes) => (minutes === 1 ? 'It is your turn: you have 1 minute to buy.' : `It is your turn: you have ${minutes} minutes to buy.`),

    payTitle: 'Pay', holdLeft: (clock) => `${clock} left to pay`,
    leftSpoken: (minutes) => (minutes === 1 ? '1 minute left to pay.' : `${minutes} minutes left to pay.`),
    counter: 'Paid at the box office', counterWhy: 'This reservation is paid at the box office before the showing.',
    payHow: 'How to pay', card: 'Card', cash: 'Cash', declineTest: 'Test card that is declined',
    simulated: 'Simulated payment: no real money moves.',
    payNow: (amount) => `Pay ${amount}`, paying: 'Paying…', release: 'Let the seats go', releasing: 'Letting go…',
    declined: 'The payment was declined', declinedWhy: 'Nothing was charged and your seats are still held. Try another way to pay.',
    unknown: 'We don’t know yet whether the payment went through', unknownWhy: 'Don’t pay again: we are asking, and this page will change by itself. Your seats are still held.',
    expired: 'Time ran out', expiredWhy: 'The seats were let go and nothing was charged.',
    chooseAgain: 'Choose seats again',

    ticket: 'Your ticket', paid: 'Bought. Enjoy the show!',
    paidWhy: 'Show this page or say the reservation number at the door.',
    number: 'Reservation', date: 'Date', time: 'Time', room: 'Room', seats: 'Seats', price: 'Price', holder: 'Name',
    print: 'Print', cancel: 'Cancel the purchase', cancelling: 'Cancelling…',
    cancelSure: 'Cancel the purchase?', cancelSureWhy: (amount) => `The seats are let go and ${amount} is paid back. This cannot be undone.`,
    cancelYes: 'Yes, cancel', cancelNo: 'No, keep it',
    cancelled: 'Purchase cancelled', refunded: (amount) => `${amount} was paid back.`, notCharged: 'Nothing was charged.',

    noTicketsWhy: 'What you buy with this browser will show up here.',
    ticketsWhy: 'Bought with this browser.', forget: 'Forget', forgetOne: (n) => `Forget reservation ${n} on this browser`,
    status: { PENDING: 'Not paid', CONFIRMED: 'Paid', CANCELLED: 'Cancelled', EXPIRED: 'Expired' },

    failed: 'That did not work',
    offline: 'No answer', offlineWhy: 'Check the connection and try again. Nothing is bought twice.',
    errors: {
        sales_closed: 'Sales for this showing have closed.',
        queue_full: 'So many wait already that sales would be over before your turn.',
        not_on_sale_yet: 'This showing is not on sale yet.',
        showing_cancelled: 'This showing was cancelled.',
        showing_unknown: 'That showing no longer exists.',
        too_late: 'It is too late for a refund: the showing is about to start.',
        too_many_holds: 'You have too many unpaid reservations. Pay for one or let one go first.',
        payment_in_progress: 'A payment is under way. Wait a moment.',
        not_found: 'We could not find it.',
        busy: 'The cinema is very busy right now. Try again in a moment.',
    },
    notOurs: 'We could not find that reservation', notOursWhy: 'The link is incomplete or the reservation no longer exists.',
};

const all = { es, en };

export const languages = { es: 'Español', en: 'English' };
export let t = es;
export let language = 'es';

export function speak(wanted) {
    const tongue = (wanted ?? '').slice(0, 2);
    language = tongue in all ? tongue : 'es';
    t = all[language];
    document.documentElement.lang = language;
}

/* What a failed question means to the person: heading and sentence. */
export function explain(problem) {
    if (problem.status === undefined) return [t.offline, t.offlineWhy];
    if (problem.code in t.errors) return [t.failed, t.errors[problem.code]];
    if (problem.status === 404) return [t.failed, t.errors.not_found];
    if (problem.status === 429 || problem.status === 503) return [t.failed, t.errors.busy];
    return [t.failed, problem.message];
}
