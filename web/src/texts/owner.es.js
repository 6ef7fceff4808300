/* owner.es.js - what the owner's page says, in Spanish. */

export default {
    skip: 'Ir al contenido', menu: 'Principal', language: 'Idioma', loading: 'Cargando…', again: 'Reintentar', toStart: 'Ir a las cifras',
    footer: (cinema) => `${cinema}. Las horas son las del cine.`,
    notFound: 'Aquí no hay nada', notFoundWhy: 'Esta dirección no lleva a ninguna página.',

    gate: 'Solo para la casa', gateWhy: 'Escribe el token de administración. Se queda en esta pestaña hasta que la cierres.',
    gateClosed: 'Esta casa no tiene token de administración, así que solo responde a su propia máquina. Define ADMIN_TOKEN para mirar desde otra parte.',
    token: 'Token de administración', tokenWhy: 'ADMIN_TOKEN en la configuración de la casa.', enter: 'Entrar',
    tokenMissing: 'Escribe el token.', tokenWrong: 'Ese no es el token', tokenWrongWhy: 'Comprueba que está copiado entero y vuelve a probar.',

    figures: 'Cifras', daySheet: 'Hoja del día', showings: 'Funciones', services: 'Servicios',
    period: 'Periodo', periods: { week: '7 días', month: '30 días', quarter: '90 días', year: '365 días' },
    liveAt: (time) => `En vivo, a las ${time}`, liveLost: (time) => `Sin conexión: datos de las ${time}`,
    takenToday: 'Ingresado hoy', ticketsToday: 'Entradas de hoy', takenIn: (period) => `Ingresado en ${period}`,
    soldLessRefunded: (sold, refunded) => `${sold} vendido, ${refunded} devuelto`,
    reservationsOf: (n) => (n === 1 ? '1 reserva' : `${n} reservas`),
    occupancy: 'Ocupación', seatsOf: (taken, all) => `${taken} de ${all} asientos`,
    revenueByDay: 'Ingresos por día', revenueSum: (all, day, most) => `${all} en total; el mejor día fue ${day}, con ${most}.`,
    nothingSold: 'No se ha vendido nada.', date: 'Día', revenue: 'Ingresos',
    occupancyByHour: 'Ocupación por hora', hourSum: (hour, rate) => `Las funciones más llenas empiezan desde las ${hour}: ${rate}.`,
    noSeatsTaken: 'No hay asientos ocupados.', hour: 'Hora', full: 'Ocupación', seats: 'Asientos',
    roomsByHour: 'Salas por hora', roomsByHourWhy: 'Asientos ocupados, según la hora en que empieza la función. Cuentan también las que vienen.',
    room: 'Sala', all: 'Todo', noShowing: 'sin función',
    popular: 'Películas más vistas', film: 'Película', reservations: 'Reservas', filmUnknown: 'Película desconocida',
    asTable: 'Como tabla', chartPoint: 'Señala el gráfico para leer un valor.',

    days: 'Días', dayBefore: 'Día anterior', dayNext: 'Día siguiente', print: 'Imprimir',
    sold: 'Vendido', refunded: 'Devuelto', net: 'Neto', tickets: 'Entradas',
    byHour: 'Por hora', hourNet: (hour, net) => `Lo que más entró fue desde las ${hour}: ${net}.`,
    byMethod: 'Por forma de pago', method: 'Forma de pago', methodUnknown: 'No se sabe', byFilm: 'Por película',
    methods: { credit_card: 'Tarjeta de crédito', debit_card: 'Tarjeta de débito', card: 'Tarjeta', cash: 'Efectivo', paypal: 'PayPal' },

    noShowings: 'Ese día no hay funciones.',
    curve: 'Cómo se vendieron las entradas', now: 'Ahora',
    curveSum: (tickets, seats, from) => `Se han vendido ${tickets} de ${seats} asientos, el primero el ${from}.`,

    parts: { movies: 'Películas', rooms: 'Salas', reservations: 'Reservas', gateway: 'Puerta de enlace', analytics: 'Cifras', ingestion: 'Copias en la nube',
        store: 'Su almacén', redis: 'Redis', s3: 'S3', dynamodb: 'DynamoDB', rds: 'RDS', backup: 'Copia de seguridad' },
    health: { healthy: 'Bien', unhealthy: 'No está bien', away: 'No responde', none: 'No se usa' },
    ok: 'bien', awaySince: (s) => `ausente desde hace ${s} s`, version: (v) => `Versión ${v}`, events: (n) => `${n} eventos`,
    breakers: { closed: 'interruptor cerrado', open: 'interruptor abierto', 'half-open': 'interruptor medio abierto' },
    feedOf: (owner) => `Sigue a ${owner}`, feedNow: 'al día', feedLag: (n) => (n === 1 ? '1 evento por detrás' : `${n} eventos por detrás`),
    feedLost: (s) => `sin noticias desde hace ${s} s`, feedUnknown: 'su dueño no responde',
    allWell: 'Todo lo que se usa está bien.', someIll: (n) => (n === 1 ? 'Un servicio no está bien.' : `${n} servicios no están bien.`),

    failed: 'No ha funcionado', offline: 'Sin respuesta', offlineWhy: 'Comprueba la conexión y vuelve a probar.',
    errors: {
        showing_unknown: 'Esa función ya no existe.',
        not_found: 'No lo hemos encontrado.',
        upstream_away: 'Falta un servicio que hace falta para esto. Mira en Servicios.',
        busy: 'La casa está muy ocupada ahora mismo. Vuelve a probar en un momento.',
    },
};
