using System.Diagnostics;
using Microsoft.Playwright;

namespace Switchyard.Browser.Tests;

/// <summary>A window of the browser with cookies of its own. When it closes, nothing may have been asked of another place, and nothing refused by the content security policy.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private const int Desk = 1440, Phone = 390;

    /// <summary>Rules of axe that are held to: what it calls serious or critical.</summary>
    private const string Look =
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.filter(one => one.impact === 'serious' || one.impact === 'critical')"
        + ".map(one => `${one.id}: ${one.help} (${one.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join('; ')})`)";

    private const string TooWide =
        "() => [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 6)"
        + ".map(one => `${one.tagName} ${one.className} ${Math.round(one.getBoundingClientRect().right)} ${one.textContent.slice(0, 40)}`).join('; ')";

    private static readonly string Axe = Path.Join(Site.Root, "ui", "node_modules", "axe-core", "axe.min.js");
    private static readonly string Pictures = Environment.GetEnvironmentVariable("YARD_PICTURES") ?? Path.Join(Site.Root, "artifacts", "pictures");

    private readonly List<string> _elsewhere = [];
    private readonly List<string> _refused = [];
    private readonly Uri _address;

    private Visitor(Uri address, IBrowserContext context, IPage page) => (_address, Context, Page) = (address, context, page);

    public IBrowserContext Context { get; }

    /// <summary>The first tab.</summary>
    public IPage Page { get; }

    public static async Task<Visitor> Open(Uri address, IBrowser browser)
    {
        var context = await browser.NewContextAsync(new() { BaseURL = address.ToString(), ViewportSize = new() { Width = Desk, Height = 900 }, Locale = "en-GB", TimezoneId = "Europe/Berlin", ReducedMotion = ReducedMotion.Reduce });
        // As long as a busy machine may take: what is wrong fails all the same.
        context.SetDefaultTimeout(180_000);
        var visitor = new Visitor(address, context, await context.NewPageAsync());
        context.Request += (_, request) => visitor.Note(visitor._elsewhere, request.Url, !visitor.IsHere(request.Url));
        context.Console += (_, message) => visitor.Note(visitor._refused, message.Text, message.Text.Contains("Content Security Policy", StringComparison.Ordinal));
        return visitor;
    }

    /// <summary>Signs in without the form, which has tests of its own.</summary>
    public async Task SignIn(Person person)
    {
        var answer = await Context.APIRequest.PostAsync("/api/yard/v1/session", new() { DataObject = new { name = person.Name, password = person.Password } });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    /// <summary>Opens an address of the app.</summary>
    public Task Go(string path) => Page.GotoAsync(path);

    /// <summary>Another tab of the same browser.</summary>
    public Task<IPage> Tab() => Context.NewPageAsync();

    /// <summary>Takes pictures of the page as it is, on a desk and on a phone: <c>NAME-1440.png</c>, <c>NAME-390.png</c>.</summary>
    public async Task Picture(string name, ColorScheme scheme = ColorScheme.Light)
    {
        Directory.CreateDirectory(Pictures);
        await Wear(scheme);
        foreach (var width in new[] { Phone, Desk })
        {
            await Page.SetViewportSizeAsync(width, width == Phone ? 844 : 900);
            await Page.ScreenshotAsync(new() { Path = Path.Join(Pictures, $"{name}-{width}.png"), FullPage = true });
        }
    }

    /// <summary>Fails where axe finds something serious on the page as it is, light and dark, or where the page is wider than a phone.</summary>
    public async Task IsAccessible()
    {
        await Page.EvaluateAsync(await File.ReadAllTextAsync(Axe));
        foreach (var scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
        {
            await Wear(scheme);
            var found = (await Page.EvaluateAsync(Look))!.Value.EnumerateArray().Select(one => one.GetString());
            Assert.True(!found.Any(), $"{Page.Url} ({scheme}):\n{string.Join('\n', found)}");
        }

        await Page.SetViewportSizeAsync(Phone, 844);
        if (!await Holds(Page, "document.documentElement.scrollWidth <= innerWidth", seconds: 20))
            Assert.Fail($"{Page.Url} is wider than a phone: {await Page.EvaluateAsync<string>(TooWide)}");
        await Page.SetViewportSizeAsync(Desk, 900);
    }

    /// <summary>
    /// Waits until something is so in the page; false if it is not in time. Playwright's own wait evaluates its text again from within the page when it was not so at
    /// once, and the content security policy refuses that.
    /// </summary>
    public static async Task<bool> Holds(IPage page, string expression, object? argument = null, int seconds = 180)
    {
        for (var watch = Stopwatch.StartNew(); !await page.EvaluateAsync<bool>(expression, argument);)
        {
            if (watch.Elapsed.TotalSeconds > seconds)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        lock (_refused)
            Assert.Empty(_refused);
        lock (_elsewhere)
            Assert.Empty(_elsewhere);
    }

    /// <summary>Changes the look, and waits until the page has.</summary>
    private async Task Wear(ColorScheme scheme)
    {
        await Page.AddStyleTagAsync(new() { Content = "*, *::before, *::after { transition: none !important; animation: none !important }" });
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-mantine-color-scheme", scheme == ColorScheme.Dark ? "dark" : "light");
    }

    private bool IsHere(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme is "data" or "blob" or "about" || (uri.Scheme == "http" && uri.Authority == _address.Authority));

    private void Note(List<string> list, string text, bool counts)
    {
        lock (list)
        {
            if (counts)
                list.Add(text);
        }
    }
}
