using System.Net;

namespace Switchyard.Server.Tests;

/// <summary>The files of the web app, from a folder as its build leaves it.</summary>
public sealed class WebAppTests
{
    private const string Pages = "text/html,application/xhtml+xml,*/*;q=0.8";

    [Theory]
    [InlineData("/")]
    [InlineData("/jobs")]
    [InlineData("/runs/12?tab=log")]
    [InlineData("/alice/loans/jobs/12")]
    [InlineData("/no/such/page.html")]
    public async Task Every_address_that_no_api_takes_is_a_page_for_who_asks_for_one(string path)
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var page = await Get(nobody, path, Pages);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("<html>app</html>", await page.Content.ReadAsStringAsync());
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", page.Headers.CacheControl!.ToString());
        Assert.Equal(
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
            + "frame-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
            Header(page, "Content-Security-Policy"));
        Assert.Equal(("DENY", "nosniff", "same-origin"), (Header(page, "X-Frame-Options"), Header(page, "X-Content-Type-Options"), Header(page, "Referrer-Policy")));

        using var program = await Get(nobody, path, "*/*");
        Assert.Equal(HttpStatusCode.Unauthorized, program.StatusCode);
    }

    [Theory]
    [InlineData("/api/yard/v1/jobs")]
    [InlineData("/api/yard/v1/nothing")]
    [InlineData("/api/2.1/nothing")]
    [InlineData("/rest-server/nothing")]
    [InlineData("/metrics")]
    public async Task Addresses_of_the_apis_are_never_pages(string path)
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var refused = await Get(nobody, path, Pages);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("application/json", refused.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("br, gzip", "br", "small")]
    [InlineData("gzip", "gzip", "smaller")]
    [InlineData("br;q=0, gzip;q=0.5", "gzip", "smaller")]
    [InlineData("identity", null, "whole")]
    [InlineData(null, null, "whole")]
    public async Task Assets_are_kept_for_ever_and_sent_as_small_as_the_browser_takes_them(string? accepted, string? coding, string content)
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var asset = await Get(nobody, "/assets/app-1a2b_-3C.js", "*/*", accepted);
        Assert.Equal(content, await asset.Content.ReadAsStringAsync());
        Assert.Equal(coding, asset.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal("text/javascript; charset=utf-8", asset.Content.Headers.ContentType!.ToString());
        Assert.Equal("public, max-age=31536000, immutable", asset.Headers.CacheControl!.ToString());
        Assert.Equal("Accept-Encoding", Header(asset, "Vary"));
        Assert.Equal("nosniff", Header(asset, "X-Content-Type-Options"));
    }

    [Fact]
    public async Task An_asset_whose_name_says_nothing_of_its_content_is_asked_for_again()
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var icon = await Get(nobody, "/assets/icon.svg", "image/*");
        Assert.Equal((HttpStatusCode.OK, "no-cache"), (icon.StatusCode, icon.Headers.CacheControl!.ToString()));
    }

    [Theory]
    [InlineData("/assets/gone-1a2b3c4d.js")]
    [InlineData("/assets/")]
    [InlineData("/assets")]
    [InlineData("/assets/../secret.txt")]
    [InlineData("/assets/..%2fsecret.txt")]
    [InlineData("/assets/%2e%2e/%2e%2e/secret.txt")]
    [InlineData("/assets/.hidden")]
    [InlineData("/assets/app-1a2b_-3C.js%00")]
    [InlineData("/assets/app-1a2b_-3C.js%0a")]
    public async Task What_is_no_asset_is_not_found_and_no_page(string path)
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var answer = await Get(nobody, path, "text/plain");
        Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest, $"{answer.StatusCode}");
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Files_beside_the_page_are_asked_for_again_and_sent_again_only_when_they_changed()
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var icon = await Get(nobody, "/favicon.svg", "image/*");
        Assert.Equal(("<svg/>", "image/svg+xml", "no-cache"), (await icon.Content.ReadAsStringAsync(), icon.Content.Headers.ContentType!.ToString(), icon.Headers.CacheControl!.ToString()));
        nobody.DefaultRequestHeaders.IfNoneMatch.Add(icon.Headers.ETag!);
        using var same = await Get(nobody, "/favicon.svg", "image/*");
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        File.WriteAllText(Path.Combine(folder.Path, "favicon.svg"), "<svg>other</svg>");
        using var changed = await Get(nobody, "/favicon.svg", "image/*");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Fact]
    public async Task Pages_have_heads_and_take_nothing_else()
    {
        using var folder = new Built();
        await using var server = await TestServer.WithPages(folder.Path);
        using var nobody = server.Client(null);
        using var request = new HttpRequestMessage(HttpMethod.Head, "/jobs");
        request.Headers.TryAddWithoutValidation("Accept", Pages);
        using var head = await nobody.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, 16), (head.StatusCode, head.Content.Headers.ContentLength));
        using var post = new HttpRequestMessage(HttpMethod.Post, "/jobs") { Content = new StringContent("x") };
        post.Headers.TryAddWithoutValidation("Accept", Pages);
        using var refused = await nobody.SendAsync(post);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Without_the_web_app_the_server_runs_and_says_how_to_get_it()
    {
        await using var server = await TestServer.Start();
        using var nobody = server.Client(null);
        using var page = await Get(nobody, "/", Pages);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var text = await page.Content.ReadAsStringAsync();
        Assert.Contains("Node.js 20", text);
        Assert.Contains("./yard serve", text);
        Assert.Contains("frame-ancestors 'none'", Header(page, "Content-Security-Policy"));
    }

    private static string Header(HttpResponseMessage answer, string name) => string.Join(", ", answer.Headers.GetValues(name));

    private static async Task<HttpResponseMessage> Get(HttpClient client, string path, string accept, string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress!.ToString().TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (encoding is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        return await client.SendAsync(request);
    }

    /// <summary>A folder with what a build makes, and beside it a file that is nobody's to see.</summary>
    private sealed class Built : IDisposable
    {
        private readonly string _root = Directory.CreateTempSubdirectory("yard-web-").FullName;

        public Built()
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, "assets"));
            foreach (var (name, content) in new[]
            {
                ("web/index.html", "<html>app</html>"), ("web/favicon.svg", "<svg/>"), ("web/assets/app-1a2b_-3C.js", "whole"), ("web/assets/app-1a2b_-3C.js.br", "small"),
                ("web/assets/app-1a2b_-3C.js.gz", "smaller"), ("web/assets/icon.svg", "<svg/>"), ("web/assets/.hidden", "secret"), ("secret.txt", "secret"),
            })
                File.WriteAllText(System.IO.Path.Combine(_root, name), content);
        }

        public string Path => System.IO.Path.Combine(_root, "web");

        public void Dispose() => Directory.Delete(_root, true);
    }
}
