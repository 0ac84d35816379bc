"""Django's settings. Everything an operator may choose comes from LINLI_… environment variables (docs/operate.md)."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from linli import __version__
from linli.config import databases
from linli.config.home import PACKAGE, linli_home, secret_key
from linli.config.logs import logging_settings
from linli.config.tiles import tile_system


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


# --- The installation -------------------------------------------------------------------------------------------

LINLI_VERSION = __version__
LINLI_HOME = linli_home()
LINLI_KEYS = os.environ.get("LINLI_KEYS", str(LINLI_HOME / "keys.json"))
LINLI_EMBEDDED = databases.uses_embedded()
LINLI_BIND = os.environ.get("LINLI_BIND", "127.0.0.1")
LINLI_ON_LOOPBACK = LINLI_BIND in ("127.0.0.1", "::1", "localhost")
# Demo logins and codes shown on the page exist only where nobody else can reach them.
LINLI_DEMO_ALLOWED = LINLI_EMBEDDED and LINLI_ON_LOOPBACK
LINLI_ON_PAGE_CODES = LINLI_DEMO_ALLOWED
# Addresses or networks of proxies whose X-Forwarded-For is believed.
LINLI_TRUSTED_PROXIES = _words("LINLI_TRUSTED_PROXIES")
LINLI_PUBLIC_URL = os.environ.get("LINLI_PUBLIC_URL", f"http://{LINLI_BIND}:{os.environ.get('PORT', '8000')}")
LINLI_HTTPS = _flag("LINLI_HTTPS", default=LINLI_PUBLIC_URL.startswith("https://"))
# A template such as https://tiles.example.org/{z}/{x}/{y}.png; without one the maps show Linli's own places only.
LINLI_TILE_URL = os.environ.get("LINLI_TILE_URL", "")
LINLI_TILE_CRS = tile_system(os.environ.get("LINLI_TILE_CRS", ""))
LINLI_TILE_ATTRIBUTION = os.environ.get("LINLI_TILE_ATTRIBUTION", "")
# The code of the district the public pages open with, where an installation serves several.
LINLI_DISTRICT = os.environ.get("LINLI_DISTRICT", "")
# Whom people ask about their personal data (PIPL 17): telephone, address, mail; stands on /privacy/.
LINLI_PRIVACY_CONTACT = os.environ.get("LINLI_PRIVACY_CONTACT", "").strip()
LINLI_SMS_GATEWAY = os.environ.get("LINLI_SMS_GATEWAY", "linli.people.gateways.OnPageGateway")

# `setup(district)` of each room that has something to prepare for a new district, in this order.
LINLI_SETUP_HOOKS = [
    "linli.places.setup.setup",
    "linli.people.setup.setup",
    "linli.work.setup.setup",
    "linli.requests.setup.setup",
    "linli.inspections.setup.setup",
    "linli.activities.setup.setup",
    "linli.wishes.setup.setup",
]
# Those of them that need not know the district and leave alone what is there: run again when a version is upgraded.
LINLI_UPGRADE_HOOKS = LINLI_SETUP_HOOKS[4:]
# `load(say)` of each room's part of the demo district, in this order; raise the version when one changes.
LINLI_DEMO_LOADERS = [
    "linli.places.demo.load",
    "linli.people.demo.load",
    "linli.people.demo_imports.load",
    "linli.work.demo.load",
    "linli.standards.demo.load",
    "linli.requests.demo.load",
    "linli.requests.demo_captain.load",
    "linli.campaigns.demo.load",
    "linli.inspections.demo.load",
    "linli.inspections.demo_district.load",
    "linli.activities.demo.load",
    "linli.activities.demo_campaigns.load",
    "linli.assessment.demo.load",
    "linli.credits.demo.load",
    "linli.wishes.demo.load",
    "linli.awards.demo.load",
    "linli.awards.demo_stickers.load",
    "linli.volunteering.demo.load",
    "linli.awards.demo_hours.load",
    "linli.shop.demo.load",
    "linli.insight.demo.load",
]
LINLI_DEMO_VERSION = 1
# The module whose `encrypt_bytes` and `decrypt_bytes` seal the files of imports.
LINLI_FILE_CIPHER = "linli.people.crypto"

# --- Django -----------------------------------------------------------------------------------------------------

DEBUG = _flag("LINLI_DEBUG")
SECRET_KEY = secret_key(LINLI_HOME)
ALLOWED_HOSTS = _words("LINLI_HOSTS", "localhost,127.0.0.1,[::1]")
if urlsplit(LINLI_PUBLIC_URL).hostname:
    ALLOWED_HOSTS.append(str(urlsplit(LINLI_PUBLIC_URL).hostname))
CSRF_TRUSTED_ORIGINS = [LINLI_PUBLIC_URL.rstrip("/")] if LINLI_HTTPS else []
ROOT_URLCONF = "linli.config.urls"
WSGI_APPLICATION = "linli.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.auth",
    "django.contrib.admin",
    "django_htmx",
    "procrastinate.contrib.django",
    "csp",
    "linli.exchange",
    "linli.places",
    "linli.people",
    "linli.work",
    "linli.standards",
    "linli.campaigns",
    "linli.requests",
    "linli.inspections",
    "linli.assessment",
    "linli.credits",
    "linli.activities",
    "linli.awards",
    "linli.shop",
    "linli.volunteering",
    "linli.wishes",
    "linli.insight",
    "linli.site",
    "linli.desk",
    "linli.patrol",
]

MIDDLEWARE = [
    "linli.config.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "linli.config.middleware.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "linli.people.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["linli.config.templatetags.linli_ui"],
        },
    }
]

# --- Database and jobs --------------------------------------------------------------------------------------------

DATABASES = {"default": databases.address(LINLI_HOME, databases.current_role()).django()}
LINLI_APP_ROLE = databases.address(LINLI_HOME, databases.APP).user

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# --- Language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "linli_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
# The rooms are applications, whose catalogues Django finds; these are not.
LOCALE_PATHS = [PACKAGE / name / "locale" for name in ("kernel", "config", "api", ".")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
# No collectstatic: WhiteNoise serves the package's own files; Vite has put a hash into the names of what it built.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
WHITENOISE_IMMUTABLE_FILE_TEST = r"/build/.+[.-][0-9A-Za-z_-]{8,}\.[a-z0-9]+$"
LINLI_VITE_MANIFEST = PACKAGE / "static" / "build" / ".vite" / "manifest.json"
# Evidence is stored here and never served by name: views check who may see it.
MEDIA_ROOT = LINLI_HOME / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Security ---------------------------------------------------------------------------------------------------------

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "linli.people.accounts.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["linli.people.backends.AccountBackend"]
SESSION_ENGINE = "linli.people.sessions"
LINLI_SESSION_IDLE_MINUTES = int(os.environ.get("LINLI_SESSION_IDLE_MINUTES", "120"))
LINLI_SESSION_HOURS = int(os.environ.get("LINLI_SESSION_HOURS", "12"))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = LINLI_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = LINLI_HTTPS
LANGUAGE_COOKIE_SECURE = LINLI_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = LINLI_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if LINLI_HTTPS else 0
if _flag("LINLI_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^health$"]
X_FRAME_OPTIONS = "DENY"

_tiles = urlsplit(LINLI_TILE_URL)
_tile_hosts = [f"{_tiles.scheme}://{_tiles.netloc}"] if _tiles.netloc else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *_tile_hosts],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *_tile_hosts],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

LOGGING_CONFIG = "linli.config.logs.configure"
LOGGING = logging_settings(os.environ.get("LINLI_LOG_LEVEL", "INFO"))
