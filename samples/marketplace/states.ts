// Brazil's states as the sample uses them: postcode ranges, where they lie, how many of the customers and postcodes they have.

export interface State {
  code: string;
  /** First and last postcode prefix. */
  from: number;
  to: number;
  /** Coordinates of the capital, in degrees, and how far the other cities may lie from it. */
  latitude: number;
  longitude: number;
  reach: number;
  /** Share of the customers and of the postcode prefixes, in thousandths. */
  customers: number;
  prefixes: number;
  /** Share of the sellers, in thousandths. */
  sellers: number;
  /** Largest cities, the capital first. */
  cities: readonly string[];
}

function state(
  code: string,
  from: number,
  to: number,
  latitude: number,
  longitude: number,
  reach: number,
  customers: number,
  prefixes: number,
  sellers: number,
  cities: string,
): State {
  return { code, from, to, latitude, longitude, reach, customers, prefixes, sellers, cities: cities.split(', ') };
}

export const STATES: readonly State[] = [
  state(
    'SP',
    1000,
    19999,
    -23.55,
    -46.63,
    3.2,
    420,
    322,
    597,
    'sao paulo, campinas, guarulhos, sao bernardo do campo, santo andre, osasco, santos, sorocaba, ' +
      'sao jose dos campos, jundiai, ribeirao preto, barueri, piracicaba, mogi das cruzes, sao jose do rio preto, ' +
      'carapicuiba, taubate, franca, americana, indaiatuba',
  ),
  state(
    'RJ',
    20000,
    28999,
    -22.91,
    -43.2,
    1.6,
    129,
    95,
    55,
    'rio de janeiro, niteroi, nova iguacu, sao goncalo, duque de caxias, petropolis, volta redonda, macae, campos dos goytacazes',
  ),
  state('ES', 29000, 29999, -20.32, -40.34, 0.9, 20, 22, 7, 'vitoria, vila velha, serra, cariacica, guarapari'),
  state(
    'MG',
    30000,
    39999,
    -19.92,
    -43.94,
    3.4,
    117,
    122,
    79,
    'belo horizonte, contagem, uberlandia, juiz de fora, betim, montes claros, uberaba, ipatinga, governador valadares',
  ),
  state(
    'BA',
    40000,
    48999,
    -12.97,
    -38.5,
    3.6,
    34,
    62,
    6,
    'salvador, feira de santana, vitoria da conquista, lauro de freitas, camacari, ilheus, itabuna, barreiras',
  ),
  state('SE', 49000, 49999, -10.91, -37.07, 0.6, 4, 11, 1, 'aracaju, lagarto, itabaiana'),
  state(
    'PE',
    50000,
    56999,
    -8.05,
    -34.88,
    2.2,
    17,
    42,
    3,
    'recife, jaboatao dos guararapes, olinda, paulista, caruaru, petrolina',
  ),
  state('AL', 57000, 57999, -9.67, -35.74, 0.7, 4, 14, 0, 'maceio, arapiraca'),
  state('PB', 58000, 58999, -7.12, -34.86, 1.2, 5, 16, 2, 'joao pessoa, campina grande, patos'),
  state('RN', 59000, 59999, -5.79, -35.21, 1.1, 5, 14, 2, 'natal, mossoro, parnamirim'),
  state('CE', 60000, 63999, -3.73, -38.53, 1.8, 13, 34, 4, 'fortaleza, caucaia, juazeiro do norte, sobral'),
  state('PI', 64000, 64999, -5.09, -42.8, 1.8, 5, 14, 0, 'teresina, parnaiba, picos'),
  state('MA', 65000, 65999, -2.53, -44.3, 2.0, 8, 19, 0, 'sao luis, imperatriz, caxias'),
  state('PA', 66000, 68899, -1.46, -48.5, 2.6, 10, 27, 0, 'belem, ananindeua, santarem, maraba'),
  state('AP', 68900, 68999, 0.03, -51.07, 0.6, 1, 2, 0, 'macapa, santana'),
  state('AM', 69000, 69299, -3.12, -60.02, 1.5, 1, 6, 0, 'manaus, parintins'),
  state('RR', 69300, 69399, 2.82, -60.67, 0.5, 0.5, 2, 0, 'boa vista'),
  state('AC', 69900, 69999, -9.97, -67.81, 0.8, 0.8, 2, 0, 'rio branco, cruzeiro do sul'),
  state('DF', 70000, 72799, -15.79, -47.88, 0.3, 21, 24, 10, 'brasilia, taguatinga'),
  state('GO', 72800, 76799, -16.68, -49.25, 1.9, 20, 38, 13, 'goiania, aparecida de goiania, anapolis, luziania, rio verde'),
  state('RO', 76800, 76999, -8.76, -63.9, 1.2, 3, 6, 1, 'porto velho, ji-parana, vilhena'),
  state('TO', 77000, 77999, -10.18, -48.33, 1.6, 3, 11, 0, 'palmas, araguaina'),
  state('MT', 78000, 78899, -15.6, -56.1, 2.4, 9, 19, 1, 'cuiaba, varzea grande, rondonopolis, sinop'),
  state('MS', 79000, 79999, -20.47, -54.62, 1.7, 7, 15, 2, 'campo grande, dourados, tres lagoas'),
  state(
    'PR',
    80000,
    87999,
    -25.43,
    -49.27,
    2.3,
    51,
    78,
    113,
    'curitiba, londrina, maringa, ponta grossa, cascavel, sao jose dos pinhais, foz do iguacu',
  ),
  state(
    'SC',
    88000,
    89999,
    -27.6,
    -48.55,
    1.4,
    37,
    47,
    61,
    'florianopolis, joinville, blumenau, sao jose, itajai, criciuma, chapeco',
  ),
  state(
    'RS',
    90000,
    99999,
    -30.03,
    -51.23,
    2.2,
    55,
    86,
    42,
    'porto alegre, caxias do sul, canoas, pelotas, santa maria, gravatai, novo hamburgo, passo fundo',
  ),
];

/** Words that names of small towns are made of. */
export const TOWN_FIRST = (
  'santa,santo antonio,sao joao,sao pedro,sao jose,sao miguel,sao sebastiao,nova,novo,bom ' +
  'jesus,bela,boa,campo,porto,monte,ribeirao,lagoa,agua,' +
  'serra,morro,pedra,rio,vila,barra,ponte,capao,cachoeira,salto,palmeira,coqueiral,ipiranga,itapeva,jacare,cruz,conceicao,' +
  'lagoinha,pinhal,varzea,alto,baixo'
).split(',');
export const TOWN_LAST = (
  'alegre,verde,grande,do sul,do norte,da serra,do oeste,da mata,dos campos,das flores,azul,branca,preta,da barra,do ' +
  'pontal,da boa vista,' +
  'do prata,do rio pardo,dourada,formosa,das pedras,do ouro,das missoes,do ivai,do araguaia,da gloria,do itabapoana,dos ' +
  'palmares,do cerrado,das almas,do pinhal,' +
  'do lago,do caju,da lapa,do meio,dos ferros,do tigre,da ilha,do vale,do monte,das palmas,do buriti,da aldeia,dos ' +
  'coqueiros,do curu,da canastra,do jequitai,' +
  'do para,do piaui,de goias,de minas,paulista,mineira,gaucha,do maranhao,do tocantins,da bahia,do parana,do amparo,da ' +
  'luz,do campo,da rocha,da fronteira,do lontra,' +
  'dos anjos,do carmo,da penha,do jordao,do salto,das antas,do paraiso,da conquista,do cipo,do corrego,da mangueira,das ' +
  'varzeas,dos lagos,da estrela,de sao jose,' +
  'do sapucai,da vitoria,do ribeira,do capivari,do tiete,da paz,do horizonte,do progresso,do triunfo,do socorro,do ' +
  'desterro,da saudade,da esperanca,da alianca,' +
  'da harmonia,do bugre,do guara,do tamandua,do quilombo,da cascata,do engenho'
).split(',');

/** Spelling with accents of city names that have them; the geolocation export mixes both. */
export const ACCENTED: Readonly<Record<string, string>> = {
  'sao paulo': 'são paulo',
  'santo andre': 'santo andré',
  'sao jose dos campos': 'são josé dos campos',
  jundiai: 'jundiaí',
  'ribeirao preto': 'ribeirão preto',
  'sao goncalo': 'são gonçalo',
  niteroi: 'niterói',
  petropolis: 'petrópolis',
  vitoria: 'vitória',
  uberlandia: 'uberlândia',
  camacari: 'camaçari',
  'sao luis': 'são luís',
  belem: 'belém',
  brasilia: 'brasília',
  goiania: 'goiânia',
  anapolis: 'anápolis',
  cuiaba: 'cuiabá',
  maringa: 'maringá',
  florianopolis: 'florianópolis',
  maceio: 'maceió',
  'joao pessoa': 'joão pessoa',
  criciuma: 'criciúma',
  gravatai: 'gravataí',
  macapa: 'macapá',
};
