// The 73 product categories: names as the marketplace has them, and what moves demand, price and loyalty in each.

export type Season = 'even' | 'gifts' | 'children' | 'christmas' | 'summer' | 'school';

export interface Category {
  name: string;
  /** null: the marketplace has no translation. */
  english: string | null;
  /** Weight when products are shared out among categories. */
  products: number;
  /** Median popularity of its products. */
  demand: number;
  /** Median regular price in cents and median weight in grams. */
  price: number;
  weight: number;
  /** Sales go with price to the power of minus this. */
  elasticity: number;
  /** What suppliers ask, as a share of the regular price. */
  costRatio: number;
  season: Season;
  /** Added to the log-odds that a buyer comes back. */
  loyalty: number;
}

function category(
  name: string,
  english: string | null,
  products: number,
  demand: number,
  price: number,
  weight: number,
  elasticity: number,
  costRatio: number,
  season: Season,
  loyalty: number,
): Category {
  return { name, english, products, demand, price, weight, elasticity, costRatio, season, loyalty };
}

export const CATEGORIES: readonly Category[] = [
  category('cama_mesa_banho', 'bed_bath_table', 3000, 1.0, 8500, 1600, 1.4, 0.6, 'even', 0.0),
  category('esporte_lazer', 'sports_leisure', 2900, 1.0, 10000, 1900, 1.3, 0.6, 'summer', 0.0),
  category('moveis_decoracao', 'furniture_decor', 2650, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('beleza_saude', 'health_beauty', 2450, 1.4, 9500, 500, 1.1, 0.5, 'even', 0.5),
  category('utilidades_domesticas', 'housewares', 2300, 1.0, 8500, 1600, 1.4, 0.6, 'even', 0.0),
  category('automotivo', 'auto', 1900, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('informatica_acessorios', 'computers_accessories', 1650, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('brinquedos', 'toys', 1400, 1.0, 8000, 900, 1.4, 0.55, 'children', 0.0),
  category('relogios_presentes', 'watches_gifts', 1300, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('telefonia', 'telephony', 1150, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('bebes', 'baby', 900, 1.1, 7500, 1500, 1.5, 0.68, 'even', 0.6),
  category('perfumaria', 'perfumery', 870, 1.4, 9500, 500, 1.1, 0.5, 'even', 0.5),
  category('papelaria', 'stationery', 850, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('fashion_bolsas_e_acessorios', 'fashion_bags_accessories', 850, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('cool_stuff', 'cool_stuff', 790, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('ferramentas_jardim', 'garden_tools', 750, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('pet_shop', 'pet_shop', 720, 1.1, 7500, 1500, 1.5, 0.68, 'even', 0.6),
  category('eletronicos', 'electronics', 520, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('construcao_ferramentas_construcao', 'construction_tools_construction', 400, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('eletrodomesticos', 'home_appliances', 370, 1.0, 17000, 3500, 1.7, 0.73, 'gifts', 0.0),
  category('malas_acessorios', 'luggage_accessories', 350, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('consoles_games', 'consoles_games', 320, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('moveis_escritorio', 'office_furniture', 310, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('instrumentos_musicais', 'musical_instruments', 290, 1.0, 9000, 1000, 1.2, 0.62, 'even', 0.0),
  category('eletroportateis', 'small_appliances', 230, 1.0, 17000, 3500, 1.7, 0.73, 'gifts', 0.0),
  category('casa_construcao', 'home_construction', 225, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('livros_interesse_geral', 'books_general_interest', 215, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('fashion_calcados', 'fashion_shoes', 175, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('moveis_sala', 'furniture_living_room', 155, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('climatizacao', 'air_conditioning', 125, 1.0, 10000, 1900, 1.3, 0.6, 'summer', 0.0),
  category('livros_tecnicos', 'books_technical', 125, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('telefonia_fixa', 'fixed_telephony', 115, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('casa_conforto', 'home_confort', 110, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('market_place', 'market_place', 105, 1.0, 9000, 1000, 1.2, 0.62, 'even', 0.0),
  category('alimentos_bebidas', 'food_drink', 105, 1.1, 7500, 1500, 1.5, 0.68, 'even', 0.6),
  category('fashion_roupa_masculina', 'fashion_male_clothing', 95, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category(
    'moveis_cozinha_area_de_servico_jantar_e_jardim',
    'kitchen_dining_laundry_garden_furniture',
    95,
    1.0,
    10000,
    1900,
    1.3,
    0.6,
    'summer',
    0.0,
  ),
  category('sinalizacao_e_seguranca', 'signaling_and_security', 93, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('construcao_ferramentas_seguranca', 'construction_tools_safety', 90, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('eletrodomesticos_2', 'home_appliances_2', 90, 1.0, 17000, 3500, 1.7, 0.73, 'gifts', 0.0),
  category('construcao_ferramentas_jardim', 'costruction_tools_garden', 88, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('alimentos', 'food', 82, 1.1, 7500, 1500, 1.5, 0.68, 'even', 0.6),
  category('bebidas', 'drinks', 81, 1.1, 7500, 1500, 1.5, 0.68, 'even', 0.6),
  category('construcao_ferramentas_iluminacao', 'construction_tools_lights', 78, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('agro_industria_e_comercio', 'agro_industry_and_commerce', 74, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('industria_comercio_e_negocios', 'industry_commerce_and_business', 68, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('artigos_de_natal', 'christmas_supplies', 65, 1.0, 5500, 800, 1.0, 0.5, 'christmas', 0.0),
  category('audio', 'audio', 58, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('artes', 'art', 55, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('fashion_underwear_e_moda_praia', 'fashion_underwear_beach', 53, 1.1, 10000, 1900, 1.3, 0.6, 'summer', 0.0),
  category('dvds_blu_ray', 'dvds_blu_ray', 48, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('moveis_quarto', 'furniture_bedroom', 45, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('construcao_ferramentas_ferramentas', 'costruction_tools_tools', 39, 1.0, 10000, 1800, 1.1, 0.63, 'even', 0.0),
  category('livros_importados', 'books_imported', 31, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('portateis_casa_forno_e_cafe', 'small_appliances_home_oven_and_coffee', 31, 1.0, 17000, 3500, 1.7, 0.73, 'gifts', 0.0),
  category('pcs', 'computers', 30, 1.3, 95000, 8000, 2.2, 0.82, 'gifts', 0.0),
  category('cine_foto', 'cine_photo', 28, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('fashion_roupa_feminina', 'fashio_female_clothing', 27, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('musica', 'music', 27, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
  category('artigos_de_festas', 'party_supplies', 26, 1.0, 8000, 900, 1.4, 0.55, 'children', 0.0),
  category('fashion_esporte', 'fashion_sport', 19, 1.1, 10000, 1900, 1.3, 0.6, 'summer', 0.0),
  category('artes_e_artesanato', 'arts_and_craftmanship', 19, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('flores', 'flowers', 14, 1.1, 10500, 500, 1.3, 0.48, 'gifts', 0.0),
  category('fraldas_higiene', 'diapers_and_hygiene', 12, 1.4, 9500, 500, 1.1, 0.5, 'even', 0.5),
  category('la_cuisine', 'la_cuisine', 10, 1.0, 9000, 1000, 1.2, 0.62, 'even', 0.0),
  category('portateis_cozinha_e_preparadores_de_alimentos', null, 10, 1.1, 17000, 3500, 1.7, 0.73, 'gifts', 0.6),
  category('moveis_colchao_e_estofado', 'furniture_mattress_and_upholstery', 10, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('tablets_impressao_imagem', 'tablets_printing_image', 9, 1.3, 8500, 500, 1.9, 0.74, 'gifts', 0.0),
  category('fashion_roupa_infanto_juvenil', 'fashion_childrens_clothes', 5, 1.1, 8000, 900, 1.4, 0.55, 'children', 0.0),
  category('casa_conforto_2', 'home_comfort_2', 5, 1.0, 11000, 5000, 1.0, 0.6, 'even', 0.0),
  category('pc_gamer', null, 3, 1.3, 95000, 8000, 2.2, 0.82, 'gifts', 0.0),
  category('seguros_e_servicos', 'security_and_services', 2, 1.0, 9000, 1000, 1.2, 0.62, 'even', 0.0),
  category('cds_dvds_musicais', 'cds_dvds_musicals', 1, 1.0, 6000, 600, 1.6, 0.66, 'school', 0.0),
];

/** Demand by month, January first, relative to an ordinary month. */
export const SEASONS: Readonly<Record<Season, readonly number[]>> = {
  even: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  gifts: [0.8, 0.8, 0.9, 0.9, 1.2, 1.1, 0.9, 1.1, 0.9, 0.9, 1.4, 1.5],
  children: [0.8, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.1, 1.9, 1.4, 1.7],
  christmas: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 1.5, 4, 4],
  summer: [1.4, 1.2, 1, 0.8, 0.7, 0.6, 0.6, 0.8, 1, 1.2, 1.4, 1.5],
  school: [1.7, 1.6, 1.1, 0.9, 0.9, 0.8, 1.1, 1, 0.9, 0.9, 0.9, 1],
};
