using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Tests;

public sealed class GitUrlTests
{
    [Theory]
    [InlineData("https://example.org/a/b.git", "https://example.org/a/b.git", "b")]
    [InlineData("HTTPS://Example.org:8443/a/b/", "https://example.org:8443/a/b/", "b")]
    [InlineData("git@example.org:a/b.git", "ssh://git@example.org/a/b.git", "b")]
    [InlineData("ssh://git@example.org:2222/a/b", "ssh://git@example.org:2222/a/b", "b")]
    [InlineData("git://example.org/a.git", "git://example.org/a.git", "a")]
    [InlineData("file:///srv/git/a%20b.git", "file:///srv/git/a%20b.git", "a b")]
    public void An_address_is_read_without_its_credentials(string text, string shown, string name)
    {
        Assert.True(GitUrl.Read(text, GitUrl.Protocols).Ok(out var url, out _));
        Assert.Equal((shown, name, null), (url.Text, url.Name, url.Header));
    }

    [Fact]
    public void User_and_password_become_a_header_for_that_server_alone()
    {
        Assert.True(GitUrl.Read("https://alice:p%40ss@example.org:444/a.git", GitUrl.Protocols).Ok(out var url, out _));
        Assert.Equal(("https://example.org:444/a.git", "https://example.org:444/", "Authorization: Basic " + Convert.ToBase64String("alice:p@ss"u8)), (url.Text, url.Server, url.Header));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("--upload-pack=touch")]
    [InlineData("-x")]
    [InlineData("/srv/git/a.git")]
    [InlineData("../a.git")]
    [InlineData("ext::sh -c id")]
    [InlineData("ext::sh")]
    [InlineData("ftp://example.org/a.git")]
    [InlineData("https://example.org")]
    [InlineData("https:///a.git")]
    [InlineData("https://-x/a.git")]
    [InlineData("ssh://-oProxyCommand=id/a.git")]
    [InlineData("ssh://-x@example.org/a.git")]
    [InlineData("ssh://a:b@example.org/a.git")]
    [InlineData("-x@example.org:a.git")]
    [InlineData("git@-x:a.git")]
    [InlineData("git://a@example.org/a.git")]
    [InlineData("file://example.org/a.git")]
    [InlineData("https://example.org/a b.git")]
    [InlineData("https://example.org/a\n.git")]
    [InlineData("https://example.org/a.git?x=1")]
    public void What_could_be_anything_else_is_refused(string? text) =>
        Assert.False(GitUrl.Read(text, GitUrl.Protocols).Ok(out _, out var refusal) && refusal is null);

    [Fact]
    public void A_protocol_that_is_not_allowed_is_refused_naming_the_setting()
    {
        Assert.False(GitUrl.Read("file:///srv/a.git", ["https"]).Ok(out _, out var refusal));
        Assert.Contains("git_protocols", refusal!.Message);
    }
}
