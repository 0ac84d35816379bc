"""Kinds of organisations, and the functions by which the dispatch catalogue finds one. Data in both languages."""

from __future__ import annotations

from linli.kernel.labels import Label

ORGANISATION_KINDS: dict[str, Label] = {
    "district_office": Label("区级机关", "District office"),
    "department": Label("部门", "Department"),
    "station": Label("所、队、站", "Station or squad"),
    "street_office": Label("街道（镇）", "Street office"),
    "community_committee": Label("社区（村）", "Community committee"),
    "enforcement": Label("执法机构", "Enforcement body"),
    "police": Label("公安", "Police"),
    "utility": Label("公用企业", "Utility"),
    "property_manager": Label("物业服务人", "Property manager"),
    "owners_committee": Label("业主委员会", "Owners' committee"),
    "member_unit": Label("共建单位", "Member unit"),
    "shop": Label("商户", "Shop"),
    "hotline": Label("热线", "Hotline"),
    "other": Label("其他", "Other"),
}

FUNCTIONS: dict[str, Label] = {
    "sanitation": Label("环境卫生", "Sanitation"),
    "urban_management": Label("城市管理执法", "Urban management"),
    "housing": Label("住房与物业监管", "Housing"),
    "water": Label("供排水", "Water and drainage"),
    "power": Label("供电", "Power"),
    "gas": Label("燃气", "Gas"),
    "heating": Label("供热", "Heating"),
    "telecom": Label("通信", "Telecommunications"),
    "transport": Label("交通运输", "Transport"),
    "traffic": Label("交通秩序", "Traffic"),
    "roads": Label("市政道路", "Roads"),
    "lighting": Label("路灯照明", "Street lighting"),
    "market": Label("市场监管", "Market supervision"),
    "civil_affairs": Label("民政", "Civil affairs"),
    "greening": Label("园林绿化", "Greening"),
    "environment": Label("生态环境", "Environment"),
    "fire": Label("消防", "Fire safety"),
    "police": Label("公安", "Police"),
    "health": Label("卫生健康", "Health"),
    "culture_tourism": Label("文化旅游", "Culture and tourism"),
    "education": Label("教育", "Education"),
    "labour": Label("人力资源和社会保障", "Labour and social security"),
    "emergency": Label("应急管理", "Emergency management"),
    "agriculture": Label("农业农村", "Agriculture"),
    "civil_city": Label("文明创建", "Civil-city office"),
    "hotline": Label("热线受理", "Hotline"),
    "property": Label("物业服务", "Property management"),
    "street": Label("街道综合", "Street office"),
    "community": Label("社区综合", "Community"),
}
