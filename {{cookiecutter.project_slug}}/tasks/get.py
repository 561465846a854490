# %% [markdown]
# # Get
#
{% if cookiecutter.__penguins %}# Reads the Palmer penguins table: 344 birds, measured at their nests on three
# islands of Antarctica in 2007-2009. The raw file is never changed; when
# `sample` is true, only a few rows go on, so that the whole pipeline can be
# tried in seconds.
{% else %}# Reads the raw data. The raw file is never changed; when `sample` is true, only
# a few rows go on, so that the whole pipeline can be tried in seconds.
{% endif %}
# %%
from {{ cookiecutter.package_name }}.get import read_raw, take_sample

# %% tags=["parameters"]
upstream = None
product = None
resources_ = None
sample = None
sample_rows = None
seed = None

# %%
raw = read_raw(resources_["raw"])
if sample:
    raw = take_sample(raw, rows=sample_rows, seed=seed)
raw.head()

# %% [markdown]
{% if cookiecutter.__penguins %}# Long names, dates read as text, holes: `clean` takes care of these.
{% else %}# How many values are missing?
{% endif %}
# %%
raw.isna().sum()

# %%
raw.to_parquet(product["data"])
