"""Where a webhook may go: every known way round is closed."""

import ipaddress

import pytest

from services.notifier.webhooks.guard import ForbiddenError, Guard, is_public

GUARD = Guard(frozenset({443, 8443}))
AT_HOME = Guard(frozenset({443}), allows_local=True)


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("https://shop.example/hook", "https://shop.example/hook"),
        ("https://shop.example:8443/hook?a=b", "https://shop.example:8443/hook?a=b"),
        ("HTTPS://SHOP.example", "https://shop.example"),
        ("https://@shop.example/", "https://shop.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://93.184.216.34/hook", "https://93.184.216.34/hook"),
        ("https://[2606:2800:220:1::1]/hook", "https://[2606:2800:220:1::1]/hook"),
    ],
)
def test_public_addresses_are_called(given: str, called: str) -> None:
    assert str(GUARD.check_url(given)) == called


@pytest.mark.parametrize(
    "url",
    [
        # not https
        "http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://a.example/",
        "shop.example/hook", "//shop.example/hook", "", "https://", "https:///hook",
        # userinfo
        "https://user:secret@shop.example/", "https://user@shop.example/",
        "https://shop.example@169.254.169.254/", "https://:@shop.example/",
        "https://169.254.169.254#@shop.example/", "https://shop.example/#fragment",
        "https://shop.example\\@127.0.0.1/", "https://127.0.0.1\\.shop.example/",
        # what parsers read differently
        "https://shop.example /", "https://shop\t.example/", "https://shop.example/\r\nHost: a",
        "https://[::1", "https://shop.example:port/", "https://shop.example:99999/",
        "https://" + "a" * 2_000 + ".example/",
        # other spellings of 127.0.0.1 and 169.254.169.254
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://017700000001/",
        "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://127.0.0.1./",
        "https://127.0.0.0x1/", "https://1.0x/", "https://\uff12\uff11\uff13\uff10\uff17\uff10\uff16\uff14\uff13\uff13/",
        "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://0.0.0.0/", "https://0/", "https://00/",
        "https://127%2e0%2e0%2e1/", "https://%31%32%37.0.0.1/", "https://%6cocalhost/",
        # names of local networks
        "https://localhost/", "https://localhost./", "https://metadata/", "https://shop.example./",
        # zones
        "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[2606:2800:220:1::1%251]/",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_public_address_is_not_called(url: str) -> None:
    with pytest.raises(ForbiddenError):
        GUARD.check_url(url)


@pytest.mark.parametrize("port", [22, 25, 80, 5432, 6379, 8080, 9200])
def test_only_the_ports_of_the_list_are_called(port: int) -> None:
    with pytest.raises(ForbiddenError) as caught:
        GUARD.check_url(f"https://shop.example:{port}/")
    assert caught.value.code == "PORT_FORBIDDEN"


NOT_PUBLIC = [
    "0.0.0.1", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.216.34", "::127.0.0.1",
    "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1",
    "2002:a9fe:a9fe::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1",
    "2001:20::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public_are_not_called(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ForbiddenError):
        GUARD.check_url(f"https://{host}/")
    with pytest.raises(ForbiddenError):
        GUARD.check_address(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_at_home_the_loopback_is_called_and_nothing_else(address: str) -> None:
    if ipaddress.ip_address(address).is_loopback and address != "::ffff:127.0.0.1":
        AT_HOME.check_address(address)
        return
    with pytest.raises(ForbiddenError):
        AT_HOME.check_address(address)


def test_at_home_a_receiver_on_this_machine_is_called_by_http() -> None:
    assert str(AT_HOME.check_url("http://localhost:9000/hook")) == "http://localhost:9000/hook"
    assert str(AT_HOME.check_url("http://127.0.0.1:9000/")) == "http://127.0.0.1:9000/"
    for url in ("http://2130706433/", "http://user@127.0.0.1/", "http://metadata/"):
        with pytest.raises(ForbiddenError):
            AT_HOME.check_url(url)


def test_what_is_no_address_at_all_is_not_called() -> None:
    with pytest.raises(ForbiddenError):
        GUARD.check_address("shop.example")
